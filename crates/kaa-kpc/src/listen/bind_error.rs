//! Why there is no socket.

use std::io;
use std::net::SocketAddr;

/// Why a listener has no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Somebody listens there already.
    #[error(
        "{entry}: cannot listen on {address}: it is taken; \
         choose another port, or stop the process that has it (`ss -ltnp` names it)"
    )]
    Taken {
        /// The entry of the configuration that asks for it.
        entry: String,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Ports below 1024 are for the privileged.
    #[error(
        "{entry}: cannot listen on {address}: ports below 1024 need a permission; \
         choose one from 1024 on, or give the process CAP_NET_BIND_SERVICE"
    )]
    Forbidden {
        /// The entry of the configuration that asks for it.
        entry: String,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The address belongs to another machine, or to none.
    #[error(
        "{entry}: cannot listen on {address}: this machine does not have this address; \
         choose one of its own (`ip address` shows them), or 0.0.0.0 or [::] for all of them"
    )]
    NotOurs {
        /// The entry of the configuration that asks for it.
        entry: String,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Something else.
    #[error("{entry}: cannot listen on {address}; check the address, and what this process is allowed")]
    Other {
        /// The entry of the configuration that asks for it.
        entry: String,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

impl BindError {
    pub(super) fn new(entry: String, address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::Taken { entry, address, source },
            io::ErrorKind::PermissionDenied if address.port() < 1024 => {
                Self::Forbidden { entry, address, source }
            }
            io::ErrorKind::AddrNotAvailable => Self::NotOurs { entry, address, source },
            _ => Self::Other { entry, address, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(address: &str, kind: io::ErrorKind) -> String {
        BindError::new("mqtt.listen".to_owned(), address.parse().unwrap(), kind.into()).to_string()
    }

    #[test]
    fn it_says_which_entry_asks_for_what_and_what_to_do() {
        assert_eq!(
            text("0.0.0.0:1883", io::ErrorKind::AddrInUse),
            "mqtt.listen: cannot listen on 0.0.0.0:1883: it is taken; choose another port, \
             or stop the process that has it (`ss -ltnp` names it)"
        );
        assert_eq!(
            text("[::]:883", io::ErrorKind::PermissionDenied),
            "mqtt.listen: cannot listen on [::]:883: ports below 1024 need a permission; \
             choose one from 1024 on, or give the process CAP_NET_BIND_SERVICE"
        );
        assert_eq!(
            text("192.0.2.1:1883", io::ErrorKind::AddrNotAvailable),
            "mqtt.listen: cannot listen on 192.0.2.1:1883: this machine does not have this address; \
             choose one of its own (`ip address` shows them), or 0.0.0.0 or [::] for all of them"
        );
    }

    #[test]
    fn a_port_that_needs_no_permission_is_refused_for_another_reason() {
        assert_eq!(
            text("0.0.0.0:1024", io::ErrorKind::PermissionDenied),
            "mqtt.listen: cannot listen on 0.0.0.0:1024; \
             check the address, and what this process is allowed"
        );
        assert!(text("0.0.0.0:1023", io::ErrorKind::PermissionDenied).contains("below 1024"));
    }
}
