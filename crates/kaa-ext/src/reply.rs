//! What a handler answers when it succeeds.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;

use crate::failure::{Failure, ReplyError};
use crate::status::SuccessStatus;

/// The answer to one request, before it becomes an ExtensionData message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) reason: Option<Cow<'static, str>>,
    pub(crate) payload: Option<Bytes>,
    /// The format of the payload, for dialects that name it.
    pub(crate) content_type: Option<&'static str>,
    /// A whole message in place of a payload.
    pub(crate) message: Option<Bytes>,
    held: Held,
}

/// What is dropped with the reply. It is no part of what is said.
#[derive(Clone, Default)]
struct Held(Option<Arc<dyn Any + Send + Sync>>);

impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Held {}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "something" } else { "nothing" })
    }
}

impl Reply {
    /// 200 without a payload.
    pub const fn empty() -> Self {
        Self {
            status: StatusCode::OK,
            reason: None,
            payload: None,
            content_type: None,
            message: None,
            held: Held(None),
        }
    }

    /// 200 with a payload.
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { payload: Some(payload.into()), ..Self::empty() }
    }

    /// 200 with a whole message.
    pub(crate) fn message(datum: Bytes) -> Self {
        Self { message: Some(datum), ..Self::empty() }
    }

    /// The same with a format for the payload, such as `json`. 4/ESP has no place for it; 4/ECS2EXT
    /// has, and without one an answer has the format of its request.
    #[must_use]
    pub fn with_content_type(self, content_type: &'static str) -> Self {
        Self { content_type: Some(content_type), ..self }
    }

    /// The format of the payload.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type
    }

    /// The same with another success status.
    #[must_use]
    pub fn with_status(self, status: SuccessStatus) -> Self {
        Self { status: status.code(), ..self }
    }

    /// The HTTP status code the device gets.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason phrase the device gets with an error.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether a smaller answer could say what went wrong.
    pub(crate) fn is_large(&self) -> bool {
        self.payload.is_some()
            || self.message.is_some()
            || self.reason.as_ref().is_some_and(|reason| reason.len() > 256)
    }

    /// The payload; `None` is sent as null and differs from a payload of zero bytes.
    pub fn payload(&self) -> Option<&Bytes> {
        self.payload.as_ref()
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        Self { status: failure.status().code(), reason: Some(failure.into_reason()), ..Self::empty() }
    }
}

/// An answer, and what is kept until the answer is with the bus or is not going to be sent: the guard of a lock,
/// so that no push for which it has to be taken gets ahead of this answer.
///
/// ```
/// use kaa_ext::prelude::*;
/// use kaa_ext::{Holding, Turn, Turns};
///
/// /// Names the endpoint. What is pushed to it in a turn of its own comes after the answer.
/// #[resource("/name")]
/// async fn name(endpoint: EndpointId, State(turns): State<Turns>) -> Holding<String, Turn> {
///     let turn = turns.take(&endpoint).await;
///     Holding(endpoint.to_string(), turn)
/// }
/// ```
#[derive(Debug)]
pub struct Holding<T, H>(pub T, pub H);

/// What a resource may return.
///
/// | type | payload |
/// |---|---|
/// | `()` | none |
/// | [`Json<T>`](crate::extract::Json) | `T` as JSON |
/// | [`Payload`](crate::extract::Payload), [`Bytes`], `Vec<u8>`, `&'static [u8]` | these bytes |
/// | `String`, `&'static str` | this text |
/// | `Option<T>` | that of `T`, or none |
/// | `(SuccessStatus, T)` | that of `T`, with another success status |
/// | [`Holding<T, H>`](Holding) | that of `T`, and `H` is dropped when it is sent |
/// | [`Reply`] | its own |
/// | `Result<T, E>` | that of `T`, or none and the status and reason of `E: `[`ReplyError`] |
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a resource returns",
    label = "this type does not implement `IntoReply`",
    note = "return `Json<T>` (T: serde::Serialize), `Payload`, `Bytes`, `String`, `()`, `Reply`, \
            or a `Result` of one of these with an error that implements `ReplyError`"
)]
pub trait IntoReply {
    /// Turns the value into a reply.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the value is an error or cannot be encoded: the device gets its status,
    /// never a silent 200.
    fn into_reply(self) -> Result<Reply, Failure>;
}

impl IntoReply for Reply {
    fn into_reply(self) -> Result<Reply, Failure> {
        Ok(self)
    }
}

impl IntoReply for () {
    fn into_reply(self) -> Result<Reply, Failure> {
        Ok(Reply::empty())
    }
}

macro_rules! bytes_reply {
    ($($type:ty)*) => {$(
        impl IntoReply for $type {
            fn into_reply(self) -> Result<Reply, Failure> {
                Ok(Reply::new(self))
            }
        }
    )*};
}

bytes_reply! { Bytes Vec<u8> String &'static str &'static [u8] }

impl<T: IntoReply> IntoReply for Option<T> {
    fn into_reply(self) -> Result<Reply, Failure> {
        self.map_or(Ok(Reply::empty()), T::into_reply)
    }
}

impl<T: IntoReply> IntoReply for (SuccessStatus, T) {
    fn into_reply(self) -> Result<Reply, Failure> {
        let (status, content) = self;
        content.into_reply().map(|reply| reply.with_status(status))
    }
}

impl<T: IntoReply, H: Send + Sync + 'static> IntoReply for Holding<T, H> {
    fn into_reply(self) -> Result<Reply, Failure> {
        let Self(answer, held) = self;
        Ok(Reply { held: Held(Some(Arc::new(held))), ..answer.into_reply()? })
    }
}

impl<T: IntoReply, E: ReplyError> IntoReply for Result<T, E> {
    fn into_reply(self) -> Result<Reply, Failure> {
        self?.into_reply()
    }
}

impl<T: IntoReply> IntoReply for Result<T, Failure> {
    fn into_reply(self) -> Result<Reply, Failure> {
        self?.into_reply()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::extract::Json;

    #[test]
    fn no_payload_and_an_empty_payload_differ() {
        assert_eq!(().into_reply().unwrap().payload(), None);
        assert_eq!("".into_reply().unwrap().payload(), Some(&Bytes::new()));
    }

    #[test]
    fn what_a_reply_holds_goes_with_it_and_is_no_part_of_it() {
        let guard = Arc::new(());
        let reply = Holding("a", guard.clone()).into_reply().unwrap();
        assert_eq!((Arc::strong_count(&guard), &reply), (2, &Reply::new("a")));
        drop(reply.with_status(SuccessStatus::CREATED));
        assert_eq!(Arc::strong_count(&guard), 1);
    }

    #[test]
    fn an_encoding_failure_is_an_error_and_not_a_silent_success() {
        let unencodable = HashMap::from([((1, 2), 3)]);
        let failure = (SuccessStatus::CREATED, Json(unencodable)).into_reply().unwrap_err();
        assert_eq!(failure.status().code(), 500);
    }

    #[test]
    fn an_error_keeps_its_status_and_reason_and_has_no_payload() {
        let result: Result<Json<u8>, Failure> = Err(Failure::not_found("nothing here"));
        let reply = Reply::from(result.into_reply().unwrap_err());
        assert_eq!(
            (reply.status().as_u16(), reply.reason(), reply.payload()),
            (404, Some("nothing here"), None)
        );
    }
}
