//! `rest`: where the REST port is.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::config::{Secret, Variable};

/// `rest` of a configuration. Each service says where it listens unless it is told otherwise.
// SKELETON: `off` and variables as AdminConfig has them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RestConfig {
    /// Where to listen; `off` for nowhere.
    pub listen: Option<SocketAddr>,
    /// What callers have to show: `Authorization: Bearer …`. Needed beyond the loopback interface.
    pub token: Option<Secret>,
    /// The same, in a file.
    pub token_file: Option<PathBuf>,
    /// Whether this may be beyond the loopback interface without a token.
    pub insecure_listen: bool,
}

impl RestConfig {
    /// `REST_LISTEN`, `REST_TOKEN`, `REST_TOKEN_FILE`, `REST_INSECURE_LISTEN`.
    pub const VARIABLES: &[Variable<Self>] = &[];

    /// On this port of the loopback interface; 0 for whichever is free.
    pub const fn on_port(port: u16) -> Self {
        let address =
            std::net::SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port));
        Self { listen: Some(address), token: None, token_file: None, insecure_listen: false }
    }
}
