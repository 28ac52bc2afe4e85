//! Whose certificate is it?

use std::collections::HashMap;

use bytestring::ByteString;

use crate::identity::clients::error::BadEntry;
use crate::identity::clients::login::ClientCertificate;
use crate::identity::clients::options::Certificates;

/// Certificates and whose they are, checked.
#[derive(Debug)]
pub(super) enum KnownCertificates {
    Ignored,
    Any,
    These(HashMap<ClientCertificate, ByteString>),
}

impl KnownCertificates {
    /// Reads a table; what is wrong with some of its entries goes to `bad`.
    pub(super) fn read(certificates: &Certificates, bad: &mut Vec<BadEntry>) -> Self {
        let listed = match certificates {
            Certificates::Ignored => return Self::Ignored,
            Certificates::Any => return Self::Any,
            Certificates::Listed(listed) => listed,
        };
        let mut these = HashMap::with_capacity(listed.len());
        for (index, entry) in listed.iter().enumerate() {
            if !is_serial_number(&entry.serial_number) {
                let serial_number = entry.serial_number.clone();
                bad.push(BadEntry::SerialNumber { index, serial_number });
                continue;
            }
            let certificate = ClientCertificate {
                issuer: entry.issuer.as_str().into(),
                serial_number: entry.serial_number.as_str().into(),
            };
            if these.insert(certificate.clone(), entry.client.as_str().into()).is_some() {
                bad.push(BadEntry::Twice { index, certificate });
            }
        }
        Self::These(these)
    }

    /// Whether a certificate that is shown decides.
    pub(super) fn count(&self) -> bool {
        !matches!(self, Self::Ignored)
    }

    /// Whether no certificate is accepted.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Ignored => true,
            Self::Any => false,
            Self::These(these) => these.is_empty(),
        }
    }

    pub(super) fn client(&self, certificate: &ClientCertificate) -> Option<ByteString> {
        match self {
            Self::Ignored => None,
            Self::Any => Some(certificate.to_string().into()),
            Self::These(these) => these.get(certificate).cloned(),
        }
    }
}

/// Written as certificates show it: any other way, it would never be found.
fn is_serial_number(text: &str) -> bool {
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::clients::options::ListedCertificate;

    fn listed(entries: &[(&str, &str, &str)]) -> Certificates {
        let entry = |(issuer, serial_number, client): &(&str, &str, &str)| ListedCertificate {
            issuer: (*issuer).to_owned(),
            serial_number: (*serial_number).to_owned(),
            client: (*client).to_owned(),
        };
        Certificates::Listed(entries.iter().map(entry).collect())
    }

    fn certificate(issuer: &str, serial_number: &str) -> ClientCertificate {
        ClientCertificate { issuer: issuer.into(), serial_number: serial_number.into() }
    }

    fn read(certificates: &Certificates) -> (KnownCertificates, Vec<String>) {
        let mut bad = Vec::new();
        let known = KnownCertificates::read(certificates, &mut bad);
        (known, bad.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_certificate_is_found_by_issuer_and_serial_number() {
        let (known, bad) = read(&listed(&[("CN=a", "7", "ann"), ("CN=b", "7", "bob")]));
        assert!(bad.is_empty() && known.count());
        assert_eq!(known.client(&certificate("CN=a", "7")), Some("ann".into()));
        assert_eq!(known.client(&certificate("CN=b", "7")), Some("bob".into()));
        assert_eq!(known.client(&certificate("CN=a", "8")), None);
        assert_eq!(known.client(&certificate("CN=A", "7")), None);
    }

    #[test]
    fn any_certificate_is_the_client_of_its_name() {
        let (known, _) = read(&Certificates::Any);
        assert_eq!(known.client(&certificate("CN=a,O=b", "7")), Some("CN=a,O=b#7".into()));
    }

    #[test]
    fn wrong_entries_are_named_with_what_to_do() {
        let (_, bad) = read(&listed(&[
            ("CN=a", "1F", "ann"),
            ("CN=a", "", "ann"),
            ("CN=a", "07", "ann"),
            ("CN=a", "0", "ann"),
            ("CN=a", "0", "bob"),
        ]));
        assert_eq!(bad.len(), 4, "{bad:?}");
        assert!(bad[0].starts_with("certificates[0].serial-number: \"1F\" is no number"), "{bad:?}");
        assert!(bad[1].starts_with("certificates[1]") && bad[2].starts_with("certificates[2]"), "{bad:?}");
        assert_eq!(bad[3], "certificates[4]: CN=a#0 is listed twice; remove one of the two");
    }
}
