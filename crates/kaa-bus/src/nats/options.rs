//! How to connect to NATS.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use kaa_protocol::name::ServiceInstance;

use super::backoff::Backoff;
use super::server_url::{ServerUrl, ServerUrlError};
use crate::mailbox::SubscriptionLimit;

/// How to connect to NATS, and how to behave on the connection.
///
/// ```
/// use std::time::Duration;
/// use kaa_bus::NatsOptions;
///
/// let options = NatsOptions::new("nats://nats-0:4222,nats://nats-1:4222")?
///     .name("quickstart")
///     .user_and_password("quickstart", "a secret")
///     .ca_file("/etc/kaa/ca.pem")
///     .ping_interval(Duration::from_secs(2));
/// assert!(!format!("{options:?}").contains("a secret"));
///
/// let error = NatsOptions::new("http://nats-0").unwrap_err();
/// assert!(error.to_string().starts_with("\"http://nats-0\" is not a NATS server URL"));
/// # Ok::<(), kaa_bus::ServerUrlError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct NatsOptions {
    pub(super) servers: Vec<ServerUrl>,
    pub(super) auth: Auth,
    pub(super) require_tls: bool,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) client_certificate: Option<ClientCertificate>,
    pub(super) name: Option<String>,
    pub(super) service: Option<ServiceInstance>,
    pub(super) ping_interval: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) publish_timeout: Duration,
    pub(super) backoff: Backoff,
    pub(super) limit: SubscriptionLimit,
}

/// How this client proves who it is.
#[derive(Debug, Clone)]
pub(super) enum Auth {
    Anonymous,
    UserAndPassword { user: String, password: Secret },
    Token(Secret),
    NkeySeed(Secret),
    NkeyFile(PathBuf),
    CredentialsFile(PathBuf),
}

/// As whom the server knows this client, for errors about its permissions.
impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("the user without a name"),
            Self::UserAndPassword { user, .. } => write!(f, "user {user:?}"),
            Self::Token(_) => f.write_str("the user of the token"),
            Self::NkeySeed(_) => f.write_str("the user of the nkey"),
            Self::NkeyFile(file) => write!(f, "the user of the nkey in {}", file.display()),
            Self::CredentialsFile(file) => write!(f, "the user of the credentials in {}", file.display()),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct ClientCertificate {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// Text that is never printed.
#[derive(Clone)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl NatsOptions {
    /// The servers, joined by commas: `nats://host:4222`, `tls://host:4222` or just `host`. Any of
    /// them will do, and further members of their cluster are learnt from them.
    ///
    /// # Errors
    ///
    /// [`ServerUrlError`] names the URL that is none. Credentials do not belong in a URL.
    pub fn new(servers: &str) -> Result<Self, ServerUrlError> {
        Ok(Self {
            servers: ServerUrl::list(servers)?,
            auth: Auth::Anonymous,
            require_tls: false,
            ca_file: None,
            client_certificate: None,
            name: None,
            service: None,
            ping_interval: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(5),
            publish_timeout: Duration::from_secs(2),
            backoff: Backoff { first: Duration::from_millis(10), longest: Duration::from_millis(500) },
            limit: SubscriptionLimit::default(),
        })
    }

    /// The addresses of the servers.
    pub fn servers(&self) -> Vec<String> {
        self.servers.iter().map(ToString::to_string).collect()
    }

    /// Logs in with user name and password. Of several ways to log in, the last one set is used.
    pub fn user_and_password(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        let auth = Auth::UserAndPassword { user: user.into(), password: Secret(password.into()) };
        Self { auth, ..self }
    }

    /// Logs in with a token.
    pub fn token(self, token: impl Into<String>) -> Self {
        Self { auth: Auth::Token(Secret(token.into())), ..self }
    }

    /// Logs in with an nkey: the user's seed (`SU…`).
    pub fn nkey_seed(self, seed: impl Into<String>) -> Self {
        Self { auth: Auth::NkeySeed(Secret(seed.into())), ..self }
    }

    /// Logs in with an nkey whose seed is the only text in a file.
    pub fn nkey_file(self, file: impl Into<PathBuf>) -> Self {
        Self { auth: Auth::NkeyFile(file.into()), ..self }
    }

    /// Logs in with a credentials file (`.creds`): a user JWT and its seed.
    pub fn credentials_file(self, file: impl Into<PathBuf>) -> Self {
        Self { auth: Auth::CredentialsFile(file.into()), ..self }
    }

    /// Refuses to talk without TLS. (A server that demands TLS gets it in any case.)
    pub fn require_tls(self) -> Self {
        Self { require_tls: true, ..self }
    }

    /// Trusts the certificate authorities of this PEM file instead of the system's, and requires TLS.
    pub fn ca_file(self, file: impl Into<PathBuf>) -> Self {
        Self { ca_file: Some(file.into()), require_tls: true, ..self }
    }

    /// Shows the server a certificate (PEM files), and requires TLS.
    pub fn client_certificate(self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        let client_certificate = Some(ClientCertificate { certificate: certificate.into(), key: key.into() });
        Self { client_certificate, require_tls: true, ..self }
    }

    /// The name under which the server lists this connection.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The service whose connection it is: its inboxes are `_INBOX.<service>.…`, so that the permissions of its
    /// user need not cover those of others ([`Permissions`](crate::Permissions)).
    pub fn service(self, service: ServiceInstance) -> Self {
        Self { service: Some(service), ..self }
    }

    /// How often a silent server is asked whether it still lives. One that does not answer is given
    /// up after three intervals. Default: 1 s.
    pub fn ping_interval(self, interval: Duration) -> Self {
        // tokio's interval does not take a zero.
        Self { ping_interval: interval.max(Duration::from_millis(1)), ..self }
    }

    /// How long one attempt to connect may take. Default: 5 s.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout, ..self }
    }

    /// How long a publish may wait for room in the connection's queue, and a subscribe for the
    /// server's confirmation. Default: 2 s.
    pub fn publish_timeout(self, timeout: Duration) -> Self {
        Self { publish_timeout: timeout, ..self }
    }

    /// The delay before the first attempt to reconnect and the longest one. Delays double in between
    /// and are jittered. Default: 10 ms and 500 ms.
    pub fn reconnect_delay(self, first: Duration, longest: Duration) -> Self {
        Self { backoff: Backoff { first, longest }, ..self }
    }

    /// How much may wait in one subscription before new messages are dropped.
    pub fn subscription_limit(self, limit: SubscriptionLimit) -> Self {
        Self { limit, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_printed() {
        let options = || NatsOptions::new("nats://a").unwrap();
        for options in [
            options().user_and_password("user", "canary"),
            options().token("canary"),
            options().nkey_seed("canary"),
        ] {
            assert!(!format!("{options:?}").contains("canary"), "{options:?}");
        }
    }

    #[test]
    fn certificates_imply_tls() {
        let options = || NatsOptions::new("nats://a").unwrap();
        assert!(options().ca_file("ca.pem").require_tls);
        assert!(options().client_certificate("a.pem", "b.pem").require_tls);
        assert!(!options().require_tls);
    }
}
