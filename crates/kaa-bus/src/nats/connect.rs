//! The first connection, and why there is none.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_nats::{ConnectErrorKind, ConnectOptions, ServerError, rustls};

use super::backoff::Backoff;
use super::client::Client;
use super::events::observe;
use super::lame_duck::Transfer;
use super::options::{Auth, NatsOptions};
use super::server_url::ServerUrl;
use crate::link::{Connection, Link};

/// Why there is no connection to NATS. Credentials are never part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// A file of the options cannot be read.
    #[error("no connection to NATS: cannot read the {role} {}", path.display())]
    File {
        /// What the file is for.
        role: &'static str,
        /// Which file it is.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The nkey seed or the credentials file is not what it should be.
    #[error("no connection to {servers}: the {what} is malformed; expected {expected}")]
    Credentials {
        /// The servers, joined by commas.
        servers: String,
        /// What is malformed.
        what: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// The server does not accept who we say we are.
    #[error(
        "no connection to {servers}: the server refused the login; \
         check user and password, token, nkey or credentials file"
    )]
    Unauthorized {
        /// The servers, joined by commas.
        servers: String,
        /// What the server says.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// TLS failed.
    #[error(
        "no connection to {servers}: TLS failed; check that the server speaks TLS, that the CA file \
         has issued its certificate for this host name, and the client certificate if it wants one"
    )]
    Tls {
        /// The servers, joined by commas.
        servers: String,
        /// What went wrong.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A host name has no address.
    #[error("no connection to {servers}: the host name was not found; check its spelling and the DNS")]
    Dns {
        /// The servers, joined by commas.
        servers: String,
        /// What the system says.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Nobody answered.
    #[error(
        "no connection to {servers}: no answer within {timeout:?}; \
         check host, port and firewall, and that it is a NATS server"
    )]
    TimedOut {
        /// The servers, joined by commas.
        servers: String,
        /// How long one attempt may take.
        timeout: Duration,
    },
    /// The connection was refused or broke off.
    #[error("no connection to {servers}; check that nats-server runs there and that host and port are right")]
    Unreachable {
        /// The servers, joined by commas.
        servers: String,
        /// What went wrong, at the last server that was tried.
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// async-nats' queue per subscription, in messages; see `pump`. Nothing is reserved for it. It has to
/// hold what one read of the socket yields before the pump runs: some megabytes of the smallest
/// messages there are.
const PUMP_CAPACITY: usize = 1 << 20;

pub(crate) async fn connect(options: NatsOptions) -> Result<(Arc<Link>, Client), ConnectError> {
    // rustls panics when several providers are compiled in and none was chosen. When the
    // application has chosen one already, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Connected from the start: nobody sees it before that is true.
    let link = Arc::new(Link::new(Connection::Connected));
    let servers = Servers(&options.servers);
    let transfer = Arc::new(Transfer::default());
    let nats_options = translate(&options, &link, &transfer).await?;
    // One that goes by itself: what it tells of is not told of this connection.
    let bridge = nats_options.clone().event_callback(|_| std::future::ready(()));
    let addresses: Vec<_> = options.servers.iter().map(ServerUrl::address).collect();
    // Each attempt is bounded, but looking up a name is not.
    let attempts = u32::try_from(addresses.len()).unwrap_or(u32::MAX).saturating_add(1);
    let bound = options.connect_timeout.saturating_mul(attempts);
    match tokio::time::timeout(bound, async_nats::connect_with_options(addresses, nats_options)).await {
        Ok(Ok(nats)) => {
            let client = Client::new(nats, &options, transfer);
            client.follow(bridge, Arc::clone(&link));
            Ok((link, client))
        }
        Ok(Err(error)) => Err(explain(error, &options, &servers)),
        Err(_) => {
            let servers = servers.to_string();
            Err(ConnectError::TimedOut { servers, timeout: options.connect_timeout })
        }
    }
}

async fn translate(
    options: &NatsOptions,
    link: &Arc<Link>,
    transfer: &Arc<Transfer>,
) -> Result<ConnectOptions, ConnectError> {
    let (observed, reconnecting, backoff) = (Arc::clone(link), Arc::clone(link), options.backoff);
    let login: Arc<str> = options.auth.to_string().into();
    let transfer = Arc::clone(transfer);
    let mut nats = ConnectOptions::new()
        .ping_interval(options.ping_interval)
        .connection_timeout(options.connect_timeout)
        .subscription_capacity(PUMP_CAPACITY)
        .skip_subject_validation(true) // `Subject` has done it
        .require_tls(options.require_tls)
        .event_callback(move |event| {
            observe(&observed, &login, &transfer, &event);
            std::future::ready(())
        })
        .reconnect_delay_callback(move |attempt| delay(&reconnecting, backoff, attempt));
    if let Some(name) = &options.name {
        nats = nats.name(name);
    }
    if let Some(service) = &options.service {
        // JetStream is asked by async-nats itself.
        nats = nats.custom_inbox_prefix(format!("_INBOX.{service}"));
    }
    // async-nats reads these files itself, later, and does not say which one it could not read.
    if let Some(ca_file) = &options.ca_file {
        read("CA file", ca_file).await?;
        nats = nats.add_root_certificates(ca_file.clone());
    }
    if let Some(client) = &options.client_certificate {
        read("client certificate", &client.certificate).await?;
        read("client key", &client.key).await?;
        nats = nats.add_client_certificate(client.certificate.clone(), client.key.clone());
    }
    Ok(match &options.auth {
        Auth::Anonymous => nats,
        Auth::UserAndPassword { user, password } => nats.user_and_password(user.clone(), password.0.clone()),
        Auth::Token(token) => nats.token(token.0.clone()),
        Auth::NkeySeed(seed) => nats.nkey(seed.0.trim().to_owned()),
        Auth::NkeyFile(file) => nats.nkey(read("nkey file", file).await?.trim().to_owned()),
        Auth::CredentialsFile(file) => {
            let text = read("credentials file", file).await?;
            nats.credentials(&text).map_err(|_| ConnectError::Credentials {
                servers: Servers(&options.servers).to_string(),
                what: "credentials file",
                expected: "a user JWT and a user seed (SU…), each between its BEGIN and END line",
            })?
        }
    })
}

/// async-nats reconnects for ever and cannot be told to stop, but it can be made to wait for ever.
fn delay(link: &Link, backoff: Backoff, attempt: usize) -> Duration {
    match link.connection() {
        Connection::Closed => Duration::MAX,
        Connection::Connected | Connection::Disconnected => backoff.delay(attempt),
    }
}

async fn read(role: &'static str, path: &Path) -> Result<String, ConnectError> {
    tokio::fs::read_to_string(path).await.map_err(|source| ConnectError::File {
        role,
        path: path.to_owned(),
        source,
    })
}

/// Sorts out what async-nats reports. Most of it arrives as an I/O error with something in it.
fn explain(error: async_nats::ConnectError, options: &NatsOptions, servers: &Servers<'_>) -> ConnectError {
    let servers = servers.to_string();
    match error.kind() {
        ConnectErrorKind::Authentication => {
            ConnectError::Credentials { servers, what: "nkey seed", expected: "a user seed (SU…)" }
        }
        ConnectErrorKind::AuthorizationViolation => {
            ConnectError::Unauthorized { servers, source: error.into() }
        }
        ConnectErrorKind::Dns => ConnectError::Dns { servers, source: error.into() },
        ConnectErrorKind::Tls => ConnectError::Tls { servers, source: error.into() },
        ConnectErrorKind::TimedOut => ConnectError::TimedOut { servers, timeout: options.connect_timeout },
        _ if has_cause::<rustls::Error>(&error) => ConnectError::Tls { servers, source: error.into() },
        // "User Authentication Expired" and its kin.
        _ if has_cause::<ServerError>(&error) => ConnectError::Unauthorized { servers, source: error.into() },
        _ => ConnectError::Unreachable { servers, source: error.into() },
    }
}

fn has_cause<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    // An I/O error hides what it wraps from `source`.
    let wrapped = |error: &(dyn StdError + 'static)| {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.is_some_and(|inner| has_cause::<E>(inner))
    };
    error.is::<E>() || wrapped(error) || error.source().is_some_and(has_cause::<E>)
}

struct Servers<'a>(&'a [ServerUrl]);

impl fmt::Display for Servers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, server) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{server}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_bus_never_tries_again() {
        let link = Link::new(Connection::Disconnected);
        let backoff = Backoff { first: Duration::from_millis(10), longest: Duration::from_millis(500) };
        assert!(delay(&link, backoff, 1) <= Duration::from_millis(10));
        link.enter(Connection::Closed);
        assert_eq!(delay(&link, backoff, 1), Duration::MAX);
    }

    #[test]
    fn a_cause_is_found_inside_an_io_error() {
        let alert = rustls::Error::General("x".to_owned());
        let error = async_nats::ConnectError::with_source(ConnectErrorKind::Io, io::Error::other(alert));
        assert!(has_cause::<rustls::Error>(&error));
        assert!(!has_cause::<ServerError>(&error));
    }

    #[test]
    fn a_server_that_says_no_in_its_own_words_is_a_refused_login() {
        let refusal = ServerError::Other("User Authentication Expired".to_owned());
        let error = async_nats::ConnectError::with_source(ConnectErrorKind::Io, refusal);
        let options = NatsOptions::new("nats://a").unwrap();
        let explained = explain(error, &options, &Servers(&options.servers));
        assert!(matches!(explained, ConnectError::Unauthorized { .. }), "{explained:?}");
    }

    #[test]
    fn a_host_without_an_address_is_named() {
        let error = async_nats::ConnectError::with_source(ConnectErrorKind::Dns, "no addresses resolved");
        let options = NatsOptions::new("nats://nowhere.invalid").unwrap();
        let explained = explain(error, &options, &Servers(&options.servers));
        assert_eq!(
            explained.to_string(),
            "no connection to nats://nowhere.invalid:4222: the host name was not found; check its spelling and the DNS"
        );
    }
}
