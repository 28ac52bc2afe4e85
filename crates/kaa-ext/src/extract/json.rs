//! The payload as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FromRequest, OptionalFromRequest, Rejection};
use crate::failure::Failure;
use crate::reply::{IntoReply, Reply};
use crate::request::Request;

/// A payload as JSON: an argument when `T: DeserializeOwned`, an answer when `T: Serialize`.
///
/// `Option<Json<T>>` is `None` only for a payload of zero bytes; anything else has to be JSON.
///
/// ```
/// use kaa_ext::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize)]
/// struct Sample { humidity: f64 }
///
/// #[derive(Serialize)]
/// struct Verdict { dry: bool }
///
/// #[resource("/judge")]
/// async fn judge(Json(sample): Json<Sample>) -> Json<Verdict> {
///     Json(Verdict { dry: sample.humidity < 30.0 })
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        // serde_json stops at 128 levels of nesting, so a hostile payload cannot exhaust the stack. (A raw
        // value inside is not parsed at all; `DeviceJson` looks into those too.)
        let payload = request.payload_bytes();
        // Checked as a whole, it need not be checked text by text, which costs as much as all the rest.
        let text = str::from_utf8(payload)
            .map_err(|error| Rejection::Json(format!("byte {} is not UTF-8", error.valid_up_to())))?;
        serde_json::from_str(text).map(Self).map_err(|error| Rejection::Json(error.to_string()))
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Option<Self>, Rejection> {
        if request.payload_bytes().is_empty() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl<T: Serialize> IntoReply for Json<T> {
    fn into_reply(self) -> Result<Reply, Failure> {
        let json = serde_json::to_vec(&self.0).map_err(Failure::internal)?;
        Ok(Reply::new(json).with_content_type("json"))
    }
}
