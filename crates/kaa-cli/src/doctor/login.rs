//! Who we are to the server, and who may listen.

use kaa_ext::bus::NatsServerInfo;
use kaa_ext::{ConfigError, NatsConfig};
use kaa_process::error::Chain;

use super::finding::Finding;

/// A configuration that cannot be used.
pub(super) fn unusable(error: &ConfigError) -> Finding {
    Finding::fail("config", format!("{:#}", Chain(error)), "correct it; kaa reads what an extension reads")
}

/// Whether others can read what is sent.
pub(super) fn tls(config: &NatsConfig, server: &NatsServerInfo) -> Finding {
    let asks = config.tls.required || config.tls.ca_file.is_some() || config.tls.certificate_file.is_some();
    if server.tls_required || asks || config.urls.iter().any(|url| url.starts_with("tls://")) {
        let own = if config.tls.certificate_file.is_some() { ", with a certificate of our own" } else { "" };
        return Finding::ok("tls", format!("on{own}"));
    }
    if is_local(config) {
        return Finding::ok("tls", "off, on this machine");
    }
    let fix = "give nats-server a certificate, and its authority to services as NATS_TLS_CA_FILE";
    Finding::warn("tls", "off: everybody on the way can read and change what is sent", fix)
}

/// Whether the server asks who connects.
pub(super) fn login(config: &NatsConfig, server: &NatsServerInfo) -> Finding {
    let how = if config.credentials_file.is_some() {
        "credentials file"
    } else if config.nkey_file.is_some() {
        "nkey"
    } else if config.token.is_some() || config.token_file.is_some() {
        "token"
    } else if let Some(user) = &config.username {
        return known(&format!("user {user:?}"), server);
    } else if server.login_required || is_local(config) {
        return Finding::ok("login", "none needed");
    } else {
        let fix =
            "give nats-server users with permissions; kaa permissions PROGRAM prints those of a service";
        return Finding::warn("login", "none: everybody who reaches the server may do everything", fix);
    };
    known(how, server)
}

fn known(how: &str, server: &NatsServerInfo) -> Finding {
    if server.login_required {
        return Finding::ok("login", format!("accepted, by {how}"));
    }
    let fix = "give nats-server users with permissions, or leave the login out of the configuration";
    Finding::warn("login", format!("by {how}, but the server asks nobody who they are"), fix)
}

/// Whether the server is on this machine.
fn is_local(config: &NatsConfig) -> bool {
    let is_local = |url: &String| {
        let host = url.rsplit_once("://").map_or(url.as_str(), |(_, host)| host);
        ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local))
    };
    config.urls.iter().all(is_local)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn only_a_server_elsewhere_needs_tls() {
        let at = |urls: &[&str]| {
            let mut config = NatsConfig::default();
            config.urls = urls.iter().map(|&url| url.to_owned()).collect();
            config
        };
        assert!(is_local(&at(&[])));
        assert!(is_local(&at(&["nats://127.0.0.1:4222", "localhost"])));
        assert!(!is_local(&at(&["nats://127.0.0.1:4222", "nats://nats-0"])));
        assert!(Level::Warn > Level::Ok);
    }
}
