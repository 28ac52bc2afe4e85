//! `admin`: where the admin port is.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::config::{Settings, listen};

/// `admin` of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct AdminConfig {
    /// The port for operators: health and metrics. When nobody set it and it is taken, there is none. Default:
    /// `127.0.0.1:9464`.
    #[serde(with = "listen")]
    #[setting(flag = "--admin")]
    pub listen: Option<SocketAddr>,
    /// Whether this may be beyond the loopback interface, where everybody who can reach it can read it.
    pub insecure_listen: bool,
    /// Whether the port serves the development console at `/console`: a page that shows everything on the bus, and
    /// sends requests. Default: `false`.
    #[setting(flag = "--console")]
    pub console: bool,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { listen: Some((Ipv4Addr::LOCALHOST, 9464).into()), insecure_listen: false, console: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_on_and_for_this_machine_only_unless_told_otherwise() {
        let config = AdminConfig::default();
        assert!(config.listen.unwrap().ip().is_loopback() && !config.insecure_listen);
    }
}
