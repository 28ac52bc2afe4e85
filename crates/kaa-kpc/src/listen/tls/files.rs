//! Certificates and keys in PEM files.

use std::fs;
use std::path::Path;

use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore};

use super::TlsOptions;
use super::error::{FileProblem, TlsError};

/// The server's certificate with its key.
pub(super) fn read_certificate(
    entry: &str,
    options: &TlsOptions,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let TlsOptions { certificate_file, key_file, .. } = options;
    let in_certificate = |problem| TlsError::file(entry, "certificate-file", certificate_file, problem);
    let in_key = |problem| TlsError::file(entry, "key-file", key_file, problem);

    let chain = certificates(certificate_file).map_err(in_certificate)?;
    let key = private_key(key_file).map_err(in_key)?;
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|error| in_key(FileProblem::BadKey(error)))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // Unknown is a key that does not tell, which none of ring's is.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(in_key(FileProblem::OtherKey { certificate_file: certificate_file.clone() }))
        }
        Err(error) => Err(in_certificate(FileProblem::BadCertificate(error))),
    }
}

/// The authorities of clients.
pub(super) fn read_authorities(entry: &str, path: &Path) -> Result<RootCertStore, TlsError> {
    let mut authorities = RootCertStore::empty();
    certificates(path)
        .and_then(|found| {
            let mut add = |certificate| authorities.add(certificate);
            found.into_iter().try_for_each(&mut add).map_err(FileProblem::BadCertificate)
        })
        .map_err(|problem| TlsError::file(entry, "client-ca-file", path, problem))?;
    Ok(authorities)
}

/// At least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileProblem> {
    let text = read(path)?;
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(FileProblem::Damaged)?;
    if found.is_empty() { Err(FileProblem::NoCertificate) } else { Ok(found) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, FileProblem> {
    let text = read(path)?;
    // PKCS #8 says it in its first line, the older formats in a header.
    if contains(&text, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || contains(&text, b"Proc-Type: 4,ENCRYPTED")
    {
        return Err(FileProblem::Encrypted);
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => FileProblem::NoKey,
        error => FileProblem::Damaged(error),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, FileProblem> {
    let text = fs::read(path).map_err(FileProblem::Unreadable)?;
    if contains(&text, b"-----BEGIN ") { Ok(text) } else { Err(FileProblem::NotPem) }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
