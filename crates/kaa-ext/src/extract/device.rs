//! Payloads of Kaa's own device protocols.

use kaa_protocol::dcp::{self, Samples};
use kaa_protocol::json::{JsonPayload, PayloadError};
use serde::Serialize;

use super::{FromRequest, Json};
use crate::failure::Failure;
use crate::reply::{IntoReply, Reply};
use crate::request::Request;

/// A payload of 2/DCP, 7/CMP, 10/EPMP or 11/CEP, read by the rules of its protocol: what a payload of
/// zero bytes means, that unknown fields are errors, how deep it may nest.
///
/// ```
/// use kaa_ext::extract::DeviceJson;
/// use kaa_ext::prelude::*;
/// use kaa_ext::protocol::cmp::{CONFIG, ConfigRequest, ConfigResponse};
///
/// #[resource("/config/json[/{config_name}]")]
/// async fn config(
///     config_name: Option<ConfigName>,
///     DeviceJson(request): DeviceJson<ConfigRequest>,
/// ) -> DeviceJson<ConfigResponse> {
///     DeviceJson(match request.config_id.as_deref() {
///         Some("7") => ConfigResponse::Unchanged,
///         _ => ConfigResponse::unassigned(),
///     })
/// }
/// # assert_eq!(CONFIG, "/config/json");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeviceJson<T>(pub T);

impl<S: Sync, T: JsonPayload> FromRequest<S> for DeviceJson<T> {
    type Rejection = PayloadError;

    async fn from_request(request: &Request, _: &S) -> Result<Self, PayloadError> {
        T::from_json(request.payload_bytes()).map(Self)
    }
}

impl<T: Serialize> IntoReply for DeviceJson<T> {
    fn into_reply(self) -> Result<Reply, Failure> {
        Json(self.0).into_reply()
    }
}

/// The samples of a 2/DCP payload, in its usual limits.
impl<S: Sync> FromRequest<S> for Samples {
    type Rejection = PayloadError;

    async fn from_request(request: &Request, _: &S) -> Result<Self, PayloadError> {
        Samples::split(&request.payload(), dcp::Limits::default())
    }
}
