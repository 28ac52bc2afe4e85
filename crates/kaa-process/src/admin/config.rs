//! `admin`: where the admin port is.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Deserialize;

use crate::config::{Variable, listen, set};

/// `admin` of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct AdminConfig {
    /// Where to listen; `off` for nowhere. Default: `127.0.0.1:9464`.
    #[serde(with = "listen")]
    pub listen: Option<SocketAddr>,
    /// Whether this may be beyond the loopback interface, where everybody who can reach it can read it.
    pub insecure_listen: bool,
}

impl AdminConfig {
    /// `ADMIN_LISTEN` and `ADMIN_INSECURE_LISTEN`.
    pub const VARIABLES: &[Variable<Self>] = &[
        Variable {
            name: "ADMIN_LISTEN",
            expected: listen::EXPECTED,
            set: |config, text| set(&mut config.listen, Self::parse_listen(text)?),
        },
        Variable {
            name: "ADMIN_INSECURE_LISTEN",
            expected: "true or false",
            set: |config, text| set(&mut config.insecure_listen, text.parse::<bool>().ok()?),
        },
    ];

    /// Reads [`listen`](Self::listen) as it stands in a file or a flag.
    #[allow(clippy::option_option, reason = "not an address, and no address")]
    pub fn parse_listen(text: &str) -> Option<Option<SocketAddr>> {
        listen::parse(text)
    }
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { listen: Some((Ipv4Addr::LOCALHOST, 9464).into()), insecure_listen: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::apply;

    fn with(variable: &str, value: &str) -> Result<AdminConfig, String> {
        let mut config = AdminConfig::default();
        let value = |name: &str| (name == variable).then(|| value.to_owned());
        apply(&mut config, AdminConfig::VARIABLES, value).map_err(|error| error.to_string())?;
        Ok(config)
    }

    #[test]
    fn it_is_on_and_for_this_machine_only_unless_told_otherwise() {
        let config = AdminConfig::default();
        assert!(config.listen.unwrap().ip().is_loopback() && !config.insecure_listen);
    }

    #[test]
    fn it_can_be_elsewhere_and_off() {
        assert_eq!(with("ADMIN_LISTEN", "[::1]:80").unwrap().listen, "[::1]:80".parse().ok());
        assert_eq!(with("ADMIN_LISTEN", "off").unwrap().listen, None);
        assert!(with("ADMIN_INSECURE_LISTEN", "true").unwrap().insecure_listen);
    }

    #[test]
    fn an_address_without_a_port_is_an_error_that_says_what_is_expected() {
        let error = with("ADMIN_LISTEN", "localhost").unwrap_err();
        assert!(error.ends_with("expected an address and a port such as 127.0.0.1:9464, or off"), "{error}");
    }
}
