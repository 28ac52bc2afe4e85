//! One request and its response.

use std::convert::Infallible;
use std::sync::Arc;

use http::header::EXPECT;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use kaa_bus::trace::{TRACEPARENT, TRACESTATE, TraceContext};

use super::answer::{Refusal, Reply, reply};
use super::body::Reading;
use super::connection::Connection;
use super::counters::Fate;
use super::target::{Target, target};
use super::websocket::handshake;
use crate::relay;

/// Answers a request. hyper drops the future when the client is gone, and the relay forgets it then.
pub(super) async fn exchange(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let _answering = connection.begin();
    let mut fate = Fate::new(&connection.front.http);
    Ok(respond(&connection, request, &mut fate).await.unwrap_or_else(|refusal| {
        fate.refused();
        refusal.into()
    }))
}

async fn respond(
    connection: &Connection,
    request: Request<Incoming>,
    fate: &mut Fate<'_>,
) -> Result<Reply, Refusal> {
    let limits = &connection.front.limits.http;
    let (mut head, body) = request.into_parts();
    if head.headers.len() > limits.headers {
        let reason = format!("there are more than {} header fields", limits.headers);
        return Err(Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, reason).closing());
    }
    let body = Reading::new(body, limits)?;
    let addressed = match target(&head, connection.offer) {
        Ok(Target::WebSocket) => {
            let (reply, upgrade) = handshake::accept(&mut head, &body)?;
            connection.lock().upgrade = Some(upgrade);
            fate.upgraded();
            return Ok(reply);
        }
        Ok(Target::Extension(path)) => address(connection, &head.headers, path).await,
        Err(refusal) => Err(refusal),
    };
    match addressed {
        Ok(request) => {
            let request = relay::Request { payload: body.all().await?, ..request };
            fate.sent();
            let answer = connection.front.relay.ask(&request).await;
            connection.front.http.answered();
            Ok(reply(answer))
        }
        Err(refusal) => Err(dismiss(refusal, body, &head.headers).await),
    }
}

/// The request, still without its payload, if the client may make it.
async fn address(
    connection: &Connection,
    headers: &HeaderMap,
    path: &str,
) -> Result<relay::Request, Refusal> {
    let client = connection.admit(headers).await?;
    let front = &connection.front;
    let path = front.read_url_path(path)?;
    let known = match front.know_endpoint(&path, &client) {
        Some(known) => known?,
        None => front.ask_endpoint(&path, &client).await?,
    };
    let endpoint = known.map(|known| known.endpoint);
    let trace = trace(headers);
    Ok(relay::Request { endpoint, trace, ..relay::Request::new(path, bytes::Bytes::new()) })
}

/// The trace that the client says its request belongs to.
fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    let values = |name| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
    TraceContext::of_headers(values(TRACEPARENT), values(TRACESTATE))
}

/// Gets what is left of a refused request out of the way of the next one.
async fn dismiss(refusal: Refusal, body: Reading<'_>, headers: &HeaderMap) -> Refusal {
    if refusal.closes() || body.is_complete() {
        return refusal;
    }
    // The client waits for a word before it sends the body. This is the word.
    if headers.contains_key(EXPECT) {
        return refusal.closing();
    }
    body.discard().await.map_or_else(|failure| failure, |()| refusal)
}
