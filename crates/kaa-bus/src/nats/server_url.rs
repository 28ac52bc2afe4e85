//! The addresses of the servers.

use std::fmt;
use std::str::FromStr;

use async_nats::ServerAddr;

/// A server's address, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUrl {
    address: ServerAddr,
}

/// Text that is not the address of a NATS server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a NATS server URL: {problem}; expected nats://host:4222 or tls://host:4222, several joined by commas"
)]
pub struct ServerUrlError {
    text: String,
    problem: &'static str,
}

impl ServerUrl {
    pub(super) fn address(&self) -> ServerAddr {
        self.address.clone()
    }

    /// Reads a list joined by commas.
    pub(super) fn list(text: &str) -> Result<Vec<Self>, ServerUrlError> {
        text.split(',').map(|url| url.trim().parse()).collect()
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, ServerUrlError> {
        let refused = |problem| {
            // What stands before the '@' may be a password.
            let text = text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, host)| format!("…@{host}"));
            Err(ServerUrlError { text, problem })
        };
        if text.is_empty() {
            return refused("it is empty");
        }
        if text.contains('@') {
            return refused("it carries credentials, which would end up in logs; set them by option");
        }
        if text.split_once("://").is_some_and(|(scheme, _)| !matches!(scheme, "nats" | "tls")) {
            return refused("the scheme is neither nats nor tls");
        }
        match text.parse::<ServerAddr>() {
            Ok(address) if address.host().is_empty() => refused("the host is missing"),
            Ok(address) => Ok(Self { address }),
            Err(_) => refused("the host or the port is malformed"),
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = (self.address.scheme(), self.address.host(), self.address.port());
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_printed_in_full() {
        for (text, expected) in [
            ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
            ("localhost", "nats://localhost:4222"),
            ("tls://[::1]:4443", "tls://[::1]:4443"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), expected);
        }
        assert_eq!(ServerUrl::list("nats://a:1, b:2,tls://c").unwrap().len(), 3);
    }

    #[test]
    fn the_bad_url_of_a_list_is_named() {
        for (list, bad) in [
            ("nats://a,http://b", "http://b"),
            ("", ""),
            ("a,", ""),
            ("nats://", "nats://"),
            ("nats://a:99999", "nats://a:99999"),
            ("nats://a b", "nats://a b"),
            ("ws://a", "ws://a"),
        ] {
            let error = ServerUrl::list(list).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{bad:?} is not a NATS server URL")), "{error}");
        }
    }

    #[test]
    fn credentials_in_a_url_are_refused_and_not_repeated() {
        let error = ServerUrl::list("nats://user:hunter2@host:4222").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert!(error.to_string().contains("host:4222"));
    }
}
