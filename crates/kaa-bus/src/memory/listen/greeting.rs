//! What both sides say of themselves at the beginning.

use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::json;

use crate::memory::peer::MAX_PAYLOAD;

/// The version of the protocol that is spoken: the first one that has headers and the no-responders notice.
const VERSION: &str = "2.2.0";

/// The first line a client gets.
pub(super) fn info(client: u64, address: SocketAddr) -> String {
    let info = json!({
        "server_id": "kaa",
        "server_name": "kaa",
        "version": VERSION,
        "host": address.ip().to_string(),
        "port": address.port(),
        "proto": 1,
        "client_id": client,
        "headers": true,
        "max_payload": MAX_PAYLOAD,
    });
    format!("INFO {info}\r\n")
}

/// What a client says of itself, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Connect {
    /// Every command is confirmed.
    pub(super) verbose: bool,
    /// It reads headers.
    pub(super) headers: bool,
    /// It wants to know when nobody is there.
    pub(super) no_responders: bool,
}

impl Default for Connect {
    fn default() -> Self {
        Self { verbose: true, headers: false, no_responders: false }
    }
}
