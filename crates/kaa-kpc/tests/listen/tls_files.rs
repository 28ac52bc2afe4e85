use std::error::Error;
use std::fs;

use kaa_kpc::listen::{Speaks, Tls, TlsError, TlsOptions, Wanted};

use crate::certificates::Authority;

/// An authority with a server's certificate.
fn authority() -> Authority {
    let authority = Authority::new("server CA");
    authority.issue_server();
    authority
}

fn load(options: TlsOptions) -> TlsError {
    Tls::load("mqtt.tls", options, Speaks::Mqtt).unwrap_err()
}

/// The error when this file has this content instead of its own.
fn with_content(file: &str, content: &str) -> (TlsError, String) {
    let authority = authority();
    let path = authority.path(file);
    fs::write(&path, content).unwrap();
    let options = authority.options_with_clients_of(&authority.path("ca.pem"), Wanted::Required);
    (load(options), path.display().to_string())
}

fn block(label: &str, content: &str) -> String {
    format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
}

#[test]
fn a_file_that_is_not_there() {
    let authority = authority();
    let path = authority.path("no.pem");
    let error = load(TlsOptions { key_file: path.clone(), ..authority.options() });
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.key-file: {} cannot be read; \
             check that it exists and that the user of this process may read it",
            path.display()
        )
    );
    assert_eq!(error.source().unwrap().to_string(), "No such file or directory (os error 2)");
}

#[test]
fn a_file_that_is_not_pem() {
    let (error, path) = with_content("server.pem", "0\u{3}\u{82}");
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.certificate-file: {path} is not PEM; expected a text with -----BEGIN lines \
             (`openssl x509` and `openssl pkey` convert)"
        )
    );
}

#[test]
fn a_file_that_was_cut_off() {
    let (error, path) = with_content("server.pem", "-----BEGIN CERTIFICATE-----\nMIIB");
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.certificate-file: {path} is damaged PEM; \
             copy it again, with every line from -----BEGIN to -----END"
        )
    );
    assert!(error.source().is_some());
}

#[test]
fn a_file_without_a_certificate() {
    let (error, path) = with_content("server.pem", &block("PRIVATE KEY", "AAAA"));
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.certificate-file: {path} has no certificate in it; \
             expected -----BEGIN CERTIFICATE-----"
        )
    );
    let (error, path) = with_content("ca.pem", &block("PRIVATE KEY", "AAAA"));
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.client-ca-file: {path} has no certificate in it; \
             expected -----BEGIN CERTIFICATE-----"
        )
    );
}

#[test]
fn a_certificate_that_is_none() {
    for (file, entry) in [("server.pem", "certificate-file"), ("ca.pem", "client-ca-file")] {
        let (error, path) = with_content(file, &block("CERTIFICATE", "AAAA"));
        assert_eq!(
            error.to_string(),
            format!(
                "mqtt.tls.{entry}: {path} has a certificate in it that cannot be used; \
                 check it with `openssl x509 -text`"
            )
        );
        assert!(error.source().is_some());
    }
}

#[test]
fn a_file_without_a_key() {
    let (error, path) = with_content("server-key.pem", &block("CERTIFICATE", "AAAA"));
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.key-file: {path} has no private key in it; expected -----BEGIN PRIVATE KEY-----, \
             -----BEGIN RSA PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----"
        )
    );
}

#[test]
fn a_key_that_needs_a_passphrase() {
    let pkcs8 = block("ENCRYPTED PRIVATE KEY", "AAAA");
    let older = block("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA");
    for content in [pkcs8, older] {
        let (error, path) = with_content("server-key.pem", &content);
        assert_eq!(
            error.to_string(),
            format!(
                "mqtt.tls.key-file: {path} is encrypted, and a service cannot be asked for the passphrase; \
                 decrypt it (`openssl pkey`) into a file that only the user of this process may read"
            )
        );
    }
}

#[test]
fn a_key_of_a_kind_that_is_not_known() {
    let (error, path) = with_content("server-key.pem", &block("PRIVATE KEY", "AAAA"));
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.key-file: {path} has a key in it that cannot be used; \
             expected ECDSA P-256 or P-384, Ed25519, or RSA of 2048 to 4096 bits"
        )
    );
}

#[test]
fn the_key_of_another_certificate() {
    let (ours, other) = (authority(), authority());
    let (certificate_file, key_file) = (ours.path("server.pem"), other.path("server-key.pem"));
    let error = load(TlsOptions { key_file: key_file.clone(), ..ours.options() });
    assert_eq!(
        error.to_string(),
        format!(
            "mqtt.tls.key-file: {} is not the key of the first certificate in {}; \
             name two files that belong together, with the server's own certificate first",
            key_file.display(),
            certificate_file.display()
        )
    );
}

#[test]
fn client_certificates_without_an_authority() {
    for wanted in [Wanted::Required, Wanted::Optional] {
        let error = load(TlsOptions { client_certificate: wanted, ..authority().options() });
        assert_eq!(
            error.to_string(),
            "mqtt.tls.client-ca-file: missing; name the authorities whose client certificates are accepted, \
             or set mqtt.tls.client-certificate to no"
        );
    }
}

#[test]
fn an_authority_without_client_certificates() {
    let authority = authority();
    let error = load(authority.options_with_clients_of(&authority.path("ca.pem"), Wanted::No));
    assert_eq!(
        error.to_string(),
        "mqtt.tls.client-ca-file: clients are not asked for certificates; \
         set mqtt.tls.client-certificate to optional or required, or leave the file out"
    );
}

#[test]
fn a_certificate_may_come_with_the_ones_above_it_and_a_key_with_its_parameters() {
    let authority = authority();
    let append = |file: &str, more: &str| {
        let path = authority.path(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("# for localhost\n{text}\n{more}")).unwrap();
    };
    append("server.pem", &fs::read_to_string(authority.path("ca.pem")).unwrap());
    append("server-key.pem", &block("EC PARAMETERS", "BggqhkjOPQMBBw=="));
    Tls::load("mqtt.tls", authority.options(), Speaks::Mqtt).unwrap();
}
