//! The answer that goes on: server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use kaa_process::admin::annex::Lasting;
use tokio::time::timeout;

use crate::limits::{BROWSERS, STILL_THERE};
use crate::reply::{Reply, refusal, reply};
use crate::room::Room;

/// The stream of a browser that has just come, or why there is none.
pub(crate) fn stream(room: &Arc<Room>) -> Reply {
    let Some(seat) = room.join() else {
        let sentence = format!("{BROWSERS} pages watch already, which is as many as may; close one of them");
        return refusal(StatusCode::SERVICE_UNAVAILABLE, &sentence);
    };
    // The seat is given up when the connection drops the stream.
    let frames = stream::unfold(seat, |mut seat| async {
        // A connection that nobody reads any more is found out by writing.
        let text = timeout(STILL_THERE, seat.next()).await.unwrap_or_else(|_| ": still there\n\n".into());
        Some((Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(text.as_bytes()))), seat))
    });
    let body = StreamBody::new(frames).map_err(|never| match never {}).boxed_unsync();
    let mut reply = reply(StatusCode::OK, "text/event-stream; charset=utf-8", body);
    reply.extensions_mut().insert(Lasting);
    reply
}
