//! The payload as it came.

use std::convert::Infallible;

use bytes::Bytes;

use super::{FromRequest, OptionalFromRequest};
use crate::failure::Failure;
use crate::reply::{IntoReply, Reply};
use crate::request::Request;

/// The bytes of a payload: an argument and an answer. `Option<Payload>` is `None` for zero bytes.
///
/// ```
/// use kaa_ext::prelude::*;
///
/// #[resource("/echo")]
/// async fn echo(payload: Payload) -> Payload {
///     payload
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload(pub Bytes);

impl std::ops::Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<S: Sync> FromRequest<S> for Payload {
    type Rejection = Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request.payload()))
    }
}

impl<S: Sync> OptionalFromRequest<S> for Payload {
    type Rejection = Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Some(request.payload()).filter(|payload| !payload.is_empty()).map(Self))
    }
}

impl IntoReply for Payload {
    fn into_reply(self) -> Result<Reply, Failure> {
        Ok(Reply::new(self.0))
    }
}
