//! Certificates for a test, and clients that trust them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kaa_kpc::listen::{Speaks, Tls, TlsOptions, Wanted};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, SupportedProtocolVersion, crypto::ring};

use crate::world::in_time;

/// An authority with its certificate in a directory of its own, where it issues others.
pub(crate) struct Authority {
    directory: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { directory, issuer }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// Writes a certificate for `localhost` and its key.
    pub(crate) fn issue_server(&self) {
        let (certificate, key) = self.issue(ExtendedKeyUsagePurpose::ServerAuth, 1_u64.into());
        fs::write(self.path("server.pem"), certificate.pem()).unwrap();
        fs::write(self.path("server-key.pem"), key.serialize_pem()).unwrap();
    }

    pub(crate) fn issue_client(&self, serial_number: SerialNumber) -> Shown {
        let (certificate, key) = self.issue(ExtendedKeyUsagePurpose::ClientAuth, serial_number);
        Shown { chain: vec![certificate.der().clone()], key: key.into() }
    }

    fn issue(
        &self,
        purpose: ExtendedKeyUsagePurpose,
        serial_number: SerialNumber,
    ) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        params.serial_number = Some(serial_number);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    pub(crate) fn options(&self) -> TlsOptions {
        TlsOptions {
            certificate_file: self.path("server.pem"),
            key_file: self.path("server-key.pem"),
            client_ca_file: None,
            client_certificate: Wanted::No,
        }
    }

    pub(crate) fn options_with_clients_of(&self, ca_file: &Path, wanted: Wanted) -> TlsOptions {
        TlsOptions { client_ca_file: Some(ca_file.to_owned()), client_certificate: wanted, ..self.options() }
    }

    pub(crate) fn tls(&self, speaks: Speaks) -> Tls {
        self.issue_server();
        Tls::load("mqtt.tls", self.options(), speaks).unwrap()
    }

    /// A client that trusts this authority.
    pub(crate) fn client(&self) -> Client {
        Client {
            trusted: self.issuer.der().clone(),
            versions: rustls::ALL_VERSIONS.to_vec(),
            shown: None,
            alpn: &[],
        }
    }
}

/// A client certificate with its key.
pub(crate) struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

pub(crate) struct Client {
    trusted: CertificateDer<'static>,
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
    pub(crate) shown: Option<Shown>,
    pub(crate) alpn: &'static [&'static str],
}

impl Client {
    pub(crate) fn showing(self, shown: Shown) -> Self {
        Self { shown: Some(shown), ..self }
    }

    pub(crate) fn connector(self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match self.shown {
            Some(Shown { chain, key }) => config.with_client_auth_cert(chain, key).unwrap(),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }

    pub(crate) async fn connect(
        self,
        address: std::net::SocketAddr,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        connect(&self.connector(), address).await
    }
}

pub(crate) async fn connect(
    connector: &TlsConnector,
    address: std::net::SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.unwrap();
    in_time(connector.connect(ServerName::try_from("localhost").unwrap(), stream)).await
}
