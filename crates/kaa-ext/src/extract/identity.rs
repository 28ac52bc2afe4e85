//! Who and what a request is about: the fields of its envelope as names.

use std::convert::Infallible;

use kaa_protocol::kp1::{RequestId, ResourcePath};
use kaa_protocol::name::{AppVersion, CorrelationId, EndpointId};

use super::{FromRequest, OptionalFromRequest, Rejection};
use crate::failure::Failure;
use crate::request::Request;
use crate::session::Session;
use crate::time::Deadline;

/// A field of the envelope that may be missing: an argument `T` and an argument `Option<T>`.
macro_rules! may_be_missing {
    ($type:ty, |$request:ident| $value:expr, $missing:expr) => {
        impl<S: Sync> FromRequest<S> for $type {
            type Rejection = Rejection;

            async fn from_request(request: &Request, state: &S) -> Result<Self, Rejection> {
                <Self as OptionalFromRequest<S>>::from_request(request, state).await?.ok_or($missing)
            }
        }

        impl<S: Sync> OptionalFromRequest<S> for $type {
            type Rejection = Rejection;

            async fn from_request($request: &Request, _: &S) -> Result<Option<Self>, Rejection> {
                $value
            }
        }
    };
}

/// A field of the envelope that is always there: an argument `T`.
macro_rules! always_there {
    ($type:ty, $rejection:ty, |$request:ident| $value:expr) => {
        impl<S: Sync> FromRequest<S> for $type {
            type Rejection = $rejection;

            async fn from_request($request: &Request, _: &S) -> Result<Self, $rejection> {
                $value
            }
        }
    };
}

may_be_missing!(
    EndpointId,
    |request| request
        .endpoint_id()
        .map(str::parse)
        .transpose()
        .map_err(|problem| Rejection::Name { field: "endpointId", problem }),
    Rejection::NoEndpoint
);

may_be_missing!(RequestId, |request| Ok(request.request_id()), Rejection::NoRequestId);

always_there!(AppVersion, Rejection, |request| {
    let name = request.app_version().parse();
    name.map_err(|problem| Rejection::Name { field: "appVersionName", problem })
});

always_there!(CorrelationId, Rejection, |request| {
    let id = request.correlation_id().parse();
    id.map_err(|problem| Rejection::Name { field: "correlationId", problem })
});

always_there!(ResourcePath, Rejection, |request| {
    let path: Result<ResourcePath, _> = request.resource_path().parse();
    path.map_err(|problem| Rejection::Field { field: "resourcePath", problem: problem.to_string() })
});

always_there!(Deadline, Infallible, |request| Ok(request.deadline()));

always_there!(Session, Failure, |request| {
    let missing = || {
        let title = request.message_type().unwrap_or_default();
        Failure::internal(format!(
            "a {title} comes from a service and has no session; take `Sessions` to reach a device"
        ))
    };
    request.session().ok_or_else(missing)
});
