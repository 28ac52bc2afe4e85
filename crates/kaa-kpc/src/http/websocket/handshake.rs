//! The request for a WebSocket (RFC 6455, section 4.2), and for MQTT on it (MQTT 5, section 6).

use data_encoding::BASE64;
use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::super::answer::{Refusal, Reply};
use super::super::body::Reading;

const SUBPROTOCOL: &str = "mqtt";

/// Agrees to a WebSocket.
///
/// # Errors
///
/// 426 when another protocol is asked for, or another version of this one; 400 when the rest is wrong. The
/// connection ends either way: the client has left HTTP already, as far as it is concerned.
pub(in super::super) fn accept(head: &mut Parts, body: &Reading<'_>) -> Result<(Reply, OnUpgrade), Refusal> {
    let headers = &head.headers;
    let is_upgrade = head.version == Version::HTTP_11
        && has_token(headers, &CONNECTION, "upgrade")
        && has_token(headers, &UPGRADE, "websocket");
    if !is_upgrade {
        return Err(upgrade_required("expected a WebSocket: Connection: Upgrade, Upgrade: websocket"));
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some(b"13") {
        return Err(upgrade_required("expected Sec-WebSocket-Version: 13"));
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
    let key =
        key.ok_or_else(|| Refusal::bad_request("expected one Sec-WebSocket-Key of 16 bytes in base64"))?;
    if !headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().any(|names| lists(names, |name| name == SUBPROTOCOL)) {
        return Err(Refusal::bad_request("expected Sec-WebSocket-Protocol: mqtt"));
    }
    if !body.is_complete() {
        return Err(Refusal::bad_request("a request for a WebSocket has no body"));
    }
    let accept = HeaderValue::try_from(derive_accept_key(key));
    let upgrade = head.extensions.remove::<OnUpgrade>();
    let (Ok(accept), Some(upgrade)) = (accept, upgrade) else {
        return Err(upgrade_required("expected a WebSocket"));
    };
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    reply.headers_mut().extend([
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
        (SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL)),
    ]);
    Ok((reply, upgrade))
}

fn upgrade_required(reason: &'static str) -> Refusal {
    Refusal::new(StatusCode::UPGRADE_REQUIRED, reason)
        .with(UPGRADE, HeaderValue::from_static("websocket"))
        .with(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
        .closing()
}

/// The value of a field that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut fields = headers.get_all(name).iter();
    fields.next().filter(|_| fields.next().is_none()).map(HeaderValue::as_bytes)
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers.get_all(name).iter().any(|field| lists(field, |item| item.eq_ignore_ascii_case(token)))
}

/// Whether a comma-separated list has such an item.
fn lists(field: &HeaderValue, mut is_it: impl FnMut(&str) -> bool) -> bool {
    field.to_str().is_ok_and(|list| list.split(',').any(|item| is_it(item.trim())))
}

fn is_key(key: &[u8]) -> bool {
    BASE64.decode(key).is_ok_and(|key| key.len() == 16)
}
