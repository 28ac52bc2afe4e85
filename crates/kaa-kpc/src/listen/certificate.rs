//! What identifies the certificate of a client.

use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::nom::Parser;

use super::distinguished_name;
use crate::identity::clients::ClientCertificate;

/// Issuer and serial number of a certificate; `None` when it is too strange to have them.
pub(super) fn identify(certificate: &CertificateDer<'_>) -> Option<ClientCertificate> {
    // What the extensions say has been checked by whoever verified the certificate.
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    let (_, certificate) = parser.parse(certificate).ok()?;
    Some(ClientCertificate {
        issuer: distinguished_name::write(certificate.issuer())?.into(),
        // Some authorities forget the zero byte that keeps a number positive: it is read as one all the same.
        serial_number: certificate.tbs_certificate.serial.to_string().into(),
    })
}

#[cfg(test)]
mod tests;
