//! Certificates for a test: an authority, a server and a client it vouches for.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

/// PEM files in one directory.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The server's certificate, for `127.0.0.1` and `localhost`.
    pub server: PathBuf,
    /// Its key.
    pub server_key: PathBuf,
    /// The client's certificate.
    pub client: PathBuf,
    /// Its key.
    pub client_key: PathBuf,
}

impl Certificates {
    /// Makes all of them, new, in `directory`.
    ///
    /// # Panics
    ///
    /// When the files cannot be written.
    pub fn write_to(directory: &Path) -> Self {
        let authority = authority();
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            fs::write(&path, text).expect("writable directory");
            path
        };
        let issue = |names: &[&str], purpose| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut params = CertificateParams::new(names).expect("valid names");
            params.extended_key_usages = vec![purpose];
            let key = KeyPair::generate().expect("a key");
            let certificate = params.signed_by(&key, &authority).expect("a certificate");
            (certificate.pem(), key.serialize_pem())
        };
        let (server, server_key) = issue(&["127.0.0.1", "localhost"], ExtendedKeyUsagePurpose::ServerAuth);
        let (client, client_key) = issue(&["client"], ExtendedKeyUsagePurpose::ClientAuth);
        Self {
            ca: write("ca.pem", &authority.pem()),
            server: write("server.pem", &server),
            server_key: write("server-key.pem", &server_key),
            client: write("client.pem", &client),
            client_key: write("client-key.pem", &client_key),
        }
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // OpenSSL takes a certificate for self-signed whose issuer has the same name as its subject.
    params.distinguished_name.push(DnType::CommonName, "kaa-tests authority");
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}
