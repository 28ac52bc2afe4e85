//! What a communication service is started with.

use std::net::SocketAddr;

use crate::applications::ApplicationsOptions;
use crate::identity::clients::AuthenticatorOptions;
use crate::identity::tokens::TokensOptions;
use crate::limits::Limits;
use crate::listen::TlsOptions;
use crate::relay::RelayOptions;

/// Who it is, whom it lets in, and where.
#[derive(Debug, Clone)]
pub struct KpcOptions {
    /// The side of the extensions. The dialects of those that `applications` lists are the ones it says.
    pub relay: RelayOptions,
    /// What clients may do.
    pub limits: Limits,
    /// What is served.
    pub applications: ApplicationsOptions,
    /// Which endpoints tokens stand for.
    pub tokens: TokensOptions,
    /// Which clients may connect.
    pub clients: AuthenticatorOptions,
    /// Where they connect.
    pub listeners: Vec<ListenerOptions>,
    /// Whether to listen beyond the loopback interface without TLS, or without asking anybody who it is.
    pub insecure_listen: bool,
}

impl KpcOptions {
    /// For development and tests: everybody may connect, and every token is its own endpoint ID.
    pub fn trustful(listeners: impl IntoIterator<Item = ListenerOptions>) -> Self {
        Self {
            relay: RelayOptions::default(),
            limits: Limits::default(),
            applications: ApplicationsOptions::default(),
            tokens: TokensOptions::Trustful,
            clients: AuthenticatorOptions::None,
            listeners: listeners.into_iter().collect(),
            insecure_listen: false,
        }
    }
}

/// A place where devices connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerOptions {
    /// What is spoken there.
    pub transport: Transport,
    /// Where. Port 0 is any that is free.
    pub address: SocketAddr,
    /// Whether over TLS.
    pub is_secure: bool,
    /// The certificate, if it is.
    pub tls: Option<TlsOptions>,
}

impl ListenerOptions {
    /// One without TLS.
    pub fn new(transport: Transport, address: SocketAddr) -> Self {
        Self { transport, address, is_secure: false, tls: None }
    }
}

/// What is spoken on a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// MQTT.
    Mqtt,
    /// MQTT over WebSocket, at `/ws`, and nothing else.
    WebSocket,
    /// 1/KP over HTTP, and MQTT over WebSocket at `/ws`.
    Http,
}

impl Transport {
    /// What the configuration calls a listener for it.
    pub fn name(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Mqtt, false) => "mqtt",
            (Self::Mqtt, true) => "mqtts",
            (Self::WebSocket, false) => "ws",
            (Self::WebSocket, true) => "wss",
            (Self::Http, false) => "http",
            (Self::Http, true) => "https",
        }
    }
}
