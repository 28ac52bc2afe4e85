//! The server's certificate, and which clients have to show one.

mod error;
mod files;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

pub(super) use error::HandshakeError;
pub use error::{FileProblem, TlsError};

use super::certificate;
use crate::identity::clients::ClientCertificate;

/// Where a listener finds its certificate, and whose clients it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsOptions {
    /// The server's certificate and the ones between it and its authority, PEM, the server's first.
    pub certificate_file: PathBuf,
    /// The key of the server's certificate, PEM (PKCS #8, PKCS #1 or SEC 1), not encrypted.
    pub key_file: PathBuf,
    /// The authorities whose client certificates are accepted, PEM.
    pub client_ca_file: Option<PathBuf>,
    /// Whether clients have to show a certificate.
    pub client_certificate: Wanted,
}

/// Whether clients have to show a certificate of one of the authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// They are not asked for one.
    #[default]
    No,
    /// They may; one of another authority is refused.
    Optional,
    /// They have to.
    Required,
}

/// What is spoken on the connection, which clients may ask for by name (ALPN, RFC 7301). One that asks for
/// something else is refused; one that does not ask is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// MQTT: `mqtt`.
    Mqtt,
    /// HTTP/1.1, also on the way to WebSocket: `http/1.1`.
    Http,
}

/// The server's side of TLS 1.2 and 1.3. Clones are cheap, and reloading one reloads all.
#[derive(Debug, Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    entry: String,
    options: TlsOptions,
    speaks: Speaks,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the certificates. `entry` is the section of the configuration that names them, such as
    /// `mqtt.tls`; errors name `mqtt.tls.key-file` then. Blocks while it reads the files.
    ///
    /// # Errors
    ///
    /// [`TlsError`], with the entry, the file and what to do about it.
    pub fn load(entry: impl Into<String>, options: TlsOptions, speaks: Speaks) -> Result<Self, TlsError> {
        let entry = entry.into();
        let current = RwLock::new(Arc::new(configure(&entry, &options, speaks)?));
        Ok(Self { shared: Arc::new(Shared { entry, options, speaks, current }) })
    }

    /// Reads the certificates again: connections that come from now on get the new ones. Blocks while it
    /// reads the files.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load). Then the former certificates stay, so that a file caught half written does
    /// no harm: try again.
    pub fn reload(&self) -> Result<(), TlsError> {
        let Shared { entry, options, speaks, current } = &*self.shared;
        let renewed = Arc::new(configure(entry, options, *speaks)?);
        *current.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// Shakes hands, within the time that is left for it. The certificate of the client is one that was verified.
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        left: Duration,
    ) -> Result<(TlsStream<TcpStream>, Option<ClientCertificate>), HandshakeError> {
        let current = Arc::clone(&self.shared.current.read().unwrap_or_else(PoisonError::into_inner));
        let accepting = TlsAcceptor::from(current).accept(stream);
        let stream = tokio::time::timeout(left, accepting).await.map_err(|_| HandshakeError::TooSlow)??;
        let (_, session) = stream.get_ref();
        let leaf = session.peer_certificates().and_then(<[_]>::first);
        let certificate = match leaf {
            Some(leaf) => Some(certificate::identify(leaf).ok_or(HandshakeError::UnreadableCertificate)?),
            None => None,
        };
        Ok((stream, certificate))
    }
}

fn configure(entry: &str, options: &TlsOptions, speaks: Speaks) -> Result<ServerConfig, TlsError> {
    // Named here: the default of the process would be whatever another library has chosen, or a panic.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|source| TlsError::unexpected(entry, source))?;
    let builder = match client_authorities(entry, options)? {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(authorities.into(), Arc::clone(&provider));
            let verifier = match options.client_certificate {
                Wanted::Required => verifier,
                Wanted::Optional | Wanted::No => verifier.allow_unauthenticated(),
            };
            builder.with_client_cert_verifier(
                verifier.build().map_err(|source| TlsError::unexpected(entry, source))?,
            )
        }
    };
    let certificate = files::read_certificate(entry, options, &provider)?;
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certificate)));
    config.alpn_protocols = vec![match speaks {
        Speaks::Mqtt => b"mqtt".to_vec(),
        Speaks::Http => b"http/1.1".to_vec(),
    }];
    match options.client_certificate {
        // Devices that come back after an outage, all at once, need no signature of ours.
        Wanted::No => {
            config.ticketer = ring::Ticketer::new().map_err(|source| TlsError::unexpected(entry, source))?;
        }
        // A resumed session rests on a certificate that was checked when it began, and may have expired since.
        Wanted::Optional | Wanted::Required => {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
    }
    Ok(config)
}

fn client_authorities(entry: &str, options: &TlsOptions) -> Result<Option<rustls::RootCertStore>, TlsError> {
    match (options.client_certificate, &options.client_ca_file) {
        (Wanted::No, None) => Ok(None),
        (Wanted::No, Some(_)) => Err(TlsError::NotAsked { entry: entry.to_owned() }),
        (_, None) => Err(TlsError::NoAuthority { entry: entry.to_owned() }),
        (_, Some(path)) => files::read_authorities(entry, path).map(Some),
    }
}
