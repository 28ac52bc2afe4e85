//! The answer that goes on: server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use kaa_process::admin::annex::Lasting;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::timeout;

use crate::limits::{BROWSERS, STILL_THERE};
use crate::reply::{Reply, refusal, reply};
use crate::room::{Event, Joined, Room, Seat, skipped};

/// The stream of a browser that has just come, or why there is none.
pub(crate) fn stream(room: &Arc<Room>) -> Reply {
    let Some(Joined { first, events, messages, seat }) = room.join() else {
        let sentence = format!("{BROWSERS} pages watch already, which is as many as may; close one of them");
        return refusal(StatusCode::SERVICE_UNAVAILABLE, &sentence);
    };
    let browser = Browser { ready: first, events, messages, _seat: seat };
    let frames = stream::unfold(browser, |mut browser| async {
        let text = browser.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(text.as_bytes()))), browser))
    });
    let body = StreamBody::new(frames).map_err(|never| match never {}).boxed_unsync();
    let mut reply = reply(StatusCode::OK, "text/event-stream; charset=utf-8", body);
    reply.extensions_mut().insert(Lasting);
    reply
}

/// A browser that watches. It is gone when its connection drops this.
struct Browser {
    /// What it is told first.
    ready: VecDeque<Arc<str>>,
    events: broadcast::Receiver<Event>,
    /// How many messages it was told of.
    messages: u64,
    _seat: Seat,
}

impl Browser {
    async fn next(&mut self) -> Option<Arc<str>> {
        loop {
            if let Some(text) = self.ready.pop_front() {
                return Some(text);
            }
            match timeout(STILL_THERE, self.events.recv()).await {
                Ok(Ok(Event { text, before, after })) => {
                    let missed = before.saturating_sub(self.messages);
                    self.messages = after;
                    self.ready.push_back(text);
                    if missed > 0 {
                        return Some(skipped(missed));
                    }
                }
                // It was too slow; the next event says what it has missed.
                Ok(Err(RecvError::Lagged(_))) => {}
                Ok(Err(RecvError::Closed)) => return None,
                // A connection that nobody reads any more is found out by writing.
                Err(_) => return Some(": still there\n\n".into()),
            }
        }
    }
}
