//! How the certificates were made, and which other implementations agree, is said in
//! `tests/golden/certificates/write.py`.

use rustls_pki_types::pem::PemObject;

use super::*;

const PLAIN: &[u8] = include_bytes!("../../../tests/golden/certificates/plain.pem");
const SPECIAL: &[u8] = include_bytes!("../../../tests/golden/certificates/special.pem");
const STRINGS: &[u8] = include_bytes!("../../../tests/golden/certificates/strings.pem");
const NUMBERS: &[u8] = include_bytes!("../../../tests/golden/certificates/numbers.pem");
const EMPTY: &[u8] = include_bytes!("../../../tests/golden/certificates/empty.pem");

fn identity(pem: &[u8]) -> (String, String) {
    let ClientCertificate { issuer, serial_number } =
        identify(&CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
    (issuer.to_string(), serial_number.to_string())
}

#[test]
fn an_issuer_begins_with_its_last_part() {
    let (issuer, serial_number) = identity(PLAIN);
    assert_eq!(issuer, "CN=Device CA,O=Example,L=Los Angeles,ST=California,C=US");
    assert_eq!(serial_number, "1");
}

#[test]
fn special_characters_are_escaped_where_they_are_special() {
    let (issuer, serial_number) = identity(SPECIAL);
    assert_eq!(
        issuer,
        r#"OU=,OU=\##,OU=\ ,L=\ both ends\ ,OU=\#first+UID=j.doe,O=a \"quoted\" \+ \<b\;c\> = d\\e,"#
            .to_owned()
            + r"STREET=1\, Main Street,DC=example,DC=org"
    );
    assert_eq!(serial_number, "1455006074498321127462099027960843956182170420583");
}

#[test]
fn every_kind_of_string_is_read_as_its_characters() {
    let (issuer, _) = identity(STRINGS);
    assert_eq!(issuer, r"OU=line\0Abreak\00\7F,O=123,CN=日本,CN=Straße,CN=Müller,CN=Ünïcödé 日本 😀");
}

#[test]
fn attributes_without_a_short_name_are_numbers() {
    let (issuer, _) = identity(NUMBERS);
    assert_eq!(
        issuer,
        "1.3.6.1.4.1.311.60.2.1.3=#13024445,2.999.3=#0c0178,\
         1.2.840.113549.1.9.1=#160d61406578616d706c652e6f7267,2.5.4.5=#130434373131"
    );
}

#[test]
fn an_issuer_may_have_no_name() {
    assert_eq!(identity(EMPTY).0, "");
}

#[test]
fn a_serial_number_may_be_zero_or_long_and_is_never_negative() {
    assert_eq!(identity(NUMBERS).1, "0");
    assert_eq!(identity(STRINGS).1, "128", "0x80, without the zero byte that it should have");
    assert_eq!(
        identity(EMPTY).1,
        "1063805308086100315545755908562874974723699899369783928561859938013419235977024901383985039376255"
    );
}

#[test]
fn no_certificate_is_too_strange_to_be_looked_at() {
    for pem in [PLAIN, SPECIAL, STRINGS, NUMBERS, EMPTY] {
        let certificate = CertificateDer::from_pem_slice(pem).unwrap().to_vec();
        for length in 0..certificate.len() {
            assert_eq!(identify(&certificate[..length].into()), None);
        }
        for at in 0..certificate.len() {
            for bit in 0..8 {
                let mut strange = certificate.clone();
                strange[at] ^= 1 << bit;
                // Which of them can be read depends on the place; none may end the process.
                let _ = identify(&strange.into());
            }
        }
    }
}
