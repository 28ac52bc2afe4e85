//! The body of a request.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout_at};

use super::answer::Refusal;
use crate::limits::HttpLimits;

/// How long a body may take before its speed counts.
const START: Duration = Duration::from_secs(5);

/// A body that is being read, within its limits.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    body: Incoming,
    limits: &'a HttpLimits,
    since: Instant,
    received: usize,
}

impl<'a> Reading<'a> {
    /// Nothing is read of a body that says at once that it is too large.
    ///
    /// # Errors
    ///
    /// 413.
    pub(super) fn new(body: Incoming, limits: &'a HttpLimits) -> Result<Self, Refusal> {
        let limit = u64::try_from(limits.body).unwrap_or(u64::MAX);
        if body.size_hint().lower() > limit {
            return Err(too_large(limits));
        }
        Ok(Self { body, limits, since: Instant::now(), received: 0 })
    }

    /// Whether there is none, or nothing more of it.
    pub(super) fn is_complete(&self) -> bool {
        self.body.is_end_stream()
    }

    /// The whole body. One that came in one piece is not copied.
    ///
    /// # Errors
    ///
    /// 400 when it is malformed, 408 when it takes too long, 413 when it is too large. The connection
    /// ends then.
    pub(super) async fn all(mut self) -> Result<Bytes, Refusal> {
        let first = self.next().await?.unwrap_or_default();
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// Reads to the end, for the request behind it.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub(super) async fn discard(mut self) -> Result<(), Refusal> {
        while self.next().await?.is_some() {}
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        if self.is_complete() {
            return Ok(None);
        }
        let Ok(frame) = timeout_at(self.deadline(), self.body.frame()).await else {
            let HttpLimits { body_time, body_rate, .. } = self.limits;
            let reason = format!(
                "the body took longer than {body_time:?}, or came slower than {body_rate} bytes per second"
            );
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, reason).closing());
        };
        let frame = frame.transpose().map_err(|_| Refusal::bad_request("the body is malformed"))?;
        let Some(Ok(piece)) = frame.map(hyper::body::Frame::into_data) else { return Ok(None) };
        self.received = self.received.saturating_add(piece.len());
        if self.received > self.limits.body { Err(too_large(self.limits)) } else { Ok(Some(piece)) }
    }

    /// When the body is late, unless more of it comes.
    fn deadline(&self) -> Instant {
        let received = u32::try_from(self.received).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(1).saturating_mul(received) / self.limits.body_rate.max(1);
        self.since + (START + earned).min(self.limits.body_time)
    }
}

fn too_large(limits: &HttpLimits) -> Refusal {
    let reason = format!("the body is larger than {} bytes", limits.body);
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason).closing()
}
