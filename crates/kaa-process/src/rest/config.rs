//! `rest`: where the REST port is.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;

use serde::Deserialize;

use crate::config::{Secret, Variable, listen, set};

/// `rest` of a configuration. Each service says where it listens unless it is told otherwise; a file that has
/// `rest` has to have `rest.listen` as well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RestConfig {
    /// Where to listen; `off` for nowhere.
    #[serde(with = "listen")]
    pub listen: Option<SocketAddr>,
    /// What callers have to show: `Authorization: Bearer …`. Needed beyond the loopback interface.
    #[serde(default)]
    pub token: Option<Secret>,
    /// The same, in a file.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Whether this may be beyond the loopback interface without a token.
    #[serde(default)]
    pub insecure_listen: bool,
}

impl RestConfig {
    /// `REST_LISTEN`, `REST_TOKEN`, `REST_TOKEN_FILE`, `REST_INSECURE_LISTEN`.
    ///
    /// The token and the file with it replace each other: the layer above decides which of them it is.
    #[rustfmt::skip]
    pub const VARIABLES: &[Variable<Self>] = &[
        Variable { name: "REST_LISTEN", expected: listen::EXPECTED, set: |c, v| set(&mut c.listen, listen::parse(v)?) },
        Variable { name: "REST_TOKEN", expected: "a token", set: |c, v| { c.token_file = None; set(&mut c.token, Secret::from(v)) } },
        Variable { name: "REST_TOKEN_FILE", expected: "a file", set: |c, v| { c.token = None; set(&mut c.token_file, PathBuf::from(v)) } },
        Variable { name: "REST_INSECURE_LISTEN", expected: "true or false", set: |c, v| set(&mut c.insecure_listen, v.parse::<bool>().ok()?) },
    ];

    /// On this port of the loopback interface; 0 for whichever is free.
    pub const fn on_port(port: u16) -> Self {
        let address = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        Self { listen: Some(address), token: None, token_file: None, insecure_listen: false }
    }
}
