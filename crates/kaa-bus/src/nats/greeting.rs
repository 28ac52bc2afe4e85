//! What a server says of itself when somebody connects.

/// A NATS server, as it introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NatsServerInfo {
    /// Its name, which is its ID when nobody gave it one.
    pub name: String,
    /// Its version, such as `2.12.1`.
    pub version: String,
    /// Whether it asks who connects.
    pub login_required: bool,
    /// Whether it speaks TLS only.
    pub tls_required: bool,
    /// Whether it has JetStream.
    pub jetstream: bool,
    /// The largest payload it takes, in bytes.
    pub max_payload: usize,
}

impl NatsServerInfo {
    pub(super) fn of(info: async_nats::ServerInfo) -> Self {
        Self {
            name: info.server_name,
            version: info.version,
            login_required: info.auth_required,
            tls_required: info.tls_required,
            jetstream: info.jetstream,
            max_payload: info.max_payload,
        }
    }

    /// Major and minor version, such as `(2, 12)`; `None` for what a fork may call itself.
    pub fn release(&self) -> Option<(u64, u64)> {
        release(&self.version)
    }
}

/// `2.10.24` as `(2, 10)`; `None` for what a fork may call itself.
pub(super) fn release(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
