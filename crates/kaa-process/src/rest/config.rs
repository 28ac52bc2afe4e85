//! `rest`: where the REST port is.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{Secret, Settings, listen};

/// `rest` of a configuration. Each service says where it listens unless it is told otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RestConfig {
    /// Where people and programs manage the service.
    #[serde(with = "listen")]
    #[setting(variable = "REST_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// What callers have to show: `Authorization: Bearer …`. Needed beyond the loopback interface.
    #[serde(default)]
    #[setting(variable = "REST_TOKEN")]
    pub token: Option<Secret>,
    /// A file with the token, instead of the token itself.
    #[serde(default)]
    #[setting(variable = "REST_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// Whether this may be beyond the loopback interface without a token.
    #[serde(default)]
    #[setting(variable = "REST_INSECURE_LISTEN")]
    pub insecure_listen: bool,
}

impl RestConfig {
    /// On this port of the loopback interface; 0 for whichever is free.
    pub const fn on_port(port: u16) -> Self {
        let address = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        Self { listen: Some(address), token: None, token_file: None, insecure_listen: false }
    }
}
