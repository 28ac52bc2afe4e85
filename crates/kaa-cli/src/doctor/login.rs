//! Who we are to the server, and who may listen.

use std::net::IpAddr;

use kaa_ext::{ConfigError, NatsConfig};
use kaa_process::error::Chain;

use super::finding::Finding;

/// A configuration that cannot be used.
pub(super) fn unusable(error: &ConfigError) -> Finding {
    Finding::fail("config", format!("{:#}", Chain(error)), "correct it; kaa reads what an extension reads")
}

/// Whether others can read what is sent to a server that speaks TLS only, or may.
pub(super) fn tls(config: &NatsConfig, is_required: bool) -> Finding {
    let asks = config.tls.required || config.tls.ca_file.is_some() || config.tls.certificate_file.is_some();
    if is_required || asks || config.urls.iter().any(|url| url.starts_with("tls://")) {
        let own = if config.tls.certificate_file.is_some() { ", with a certificate of our own" } else { "" };
        return Finding::ok("tls", format!("on{own}"));
    }
    if is_local(config) {
        return Finding::ok("tls", "off, on this machine");
    }
    let fix = "give nats-server a certificate, and its authority to services as NATS_TLS_CA_FILE";
    Finding::warn("tls", "off: everybody on the way can read and change what is sent", fix)
}

/// How we are known to a server that asks who connects, or does not.
pub(super) fn login(config: &NatsConfig, is_required: bool) -> Finding {
    let how = if config.credentials_file.is_some() {
        "credentials file"
    } else if config.nkey_file.is_some() {
        "nkey"
    } else if config.token.is_some() || config.token_file.is_some() {
        "token"
    } else if let Some(user) = &config.username {
        return known(&format!("user {user:?}"), is_required);
    } else if is_required {
        return Finding::ok("login", "accepted without one: by certificate, or as the server's no_auth_user");
    } else if is_local(config) {
        return Finding::ok("login", "none needed");
    } else {
        let fix =
            "give nats-server users with permissions; kaa permissions PROGRAM prints those of a service";
        return Finding::warn("login", "none: everybody who reaches the server may do everything", fix);
    };
    known(how, is_required)
}

fn known(how: &str, is_required: bool) -> Finding {
    if is_required {
        return Finding::ok("login", format!("accepted, by {how}"));
    }
    let fix = "give nats-server users with permissions, or leave the login out of the configuration";
    Finding::warn("login", format!("by {how}, but the server asks nobody who they are"), fix)
}

/// Whether the server is on this machine.
fn is_local(config: &NatsConfig) -> bool {
    config.urls.iter().all(|url| {
        let host = host(url);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// The host of `nats://host:4222`, `tls://[::1]` or just `host`.
fn host(url: &str) -> &str {
    let authority = url.rsplit_once("://").map_or(url, |(_, authority)| authority);
    match authority.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    fn at(urls: &[&str]) -> NatsConfig {
        let mut config = NatsConfig::default();
        config.urls = urls.iter().map(|&url| url.to_owned()).collect();
        config
    }

    #[test]
    fn only_this_machine_is_local() {
        assert!(is_local(&at(&[])));
        assert!(is_local(&at(&["nats://127.0.0.1:4222", "localhost", "tls://[::1]:4443", "[::1]"])));
        for elsewhere in
            ["nats://nats-0", "localhost.example.com", "127.0.0.1.example.com:4222", "[::2]:4222"]
        {
            assert!(!is_local(&at(&["nats://127.0.0.1:4222", elsewhere])), "{elsewhere}");
        }
    }

    #[test]
    fn a_server_elsewhere_without_tls_is_warned_of() {
        let far = at(&["nats://nats-0"]);
        assert_eq!(tls(&far, false).level, Level::Warn);
        assert_eq!(tls(&far, true).level, Level::Ok);
        assert_eq!(tls(&at(&["tls://nats-0"]), false).level, Level::Ok);
        assert_eq!(tls(&at(&["localhost"]), false).found, "off, on this machine");
        let mut with_authority = far;
        with_authority.tls.ca_file = Some("ca.pem".into());
        assert_eq!(tls(&with_authority, false).level, Level::Ok);
    }

    #[test]
    fn a_server_that_asks_nobody_is_warned_of_unless_it_is_on_this_machine() {
        let (far, near) = (at(&["nats-0"]), at(&["localhost"]));
        assert_eq!(login(&far, false).level, Level::Warn);
        assert_eq!(login(&near, false).found, "none needed");
        assert!(login(&near, true).found.starts_with("accepted without one"));
        let mut known = near;
        known.nkey_file = Some("service.nk".into());
        assert_eq!(login(&known, true).found, "accepted, by nkey");
        assert_eq!(login(&known, false).level, Level::Warn, "it is of no use");
        known.credentials_file = Some("service.creds".into());
        assert_eq!(login(&known, true).found, "accepted, by credentials file");
    }
}
