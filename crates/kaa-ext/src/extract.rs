//! Extractors: what a handler may ask for.
//!
//! | argument | what it is | when it is refused |
//! |---|---|---|
//! | [`Json<T>`] | the payload as JSON | 400, naming line and column |
//! | [`DeviceJson<T>`] | the payload by the rules of its device protocol | 400, naming what was expected |
//! | [`Samples`](kaa_protocol::dcp::Samples) | the samples of a 2/DCP payload | 400, naming what was expected, or 413 |
//! | [`Payload`] | the payload as it came | never |
//! | a path parameter | matched by its name, parsed by [`FromSegment`] | 400, naming the parameter |
//! | [`EndpointId`](kaa_protocol::name::EndpointId) | the endpoint | 400 without one |
//! | [`AppVersion`](kaa_protocol::name::AppVersion) | its application version | 400 when it is not a name |
//! | [`RequestId`](kaa_protocol::kp1::RequestId) | the device's number for the request | 400 without one |
//! | [`CorrelationId`](kaa_protocol::name::CorrelationId) | links messages across services | 400 when it cannot be printed |
//! | [`ResourcePath`](kaa_protocol::kp1::ResourcePath) | the path inside the extension | 400 when it is not a path |
//! | [`Deadline`](crate::Deadline) | when the handler has to be done | never |
//! | [`Session`](crate::Session) | the way back to the device | 500 in a listener or a service: there is no device |
//! | [`Event<T>`](Event) | the event of a listener | 500 when the function is no listener |
//! | [`Targeted<T>`](Targeted) | the request of a service | 500 when the function is no service |
//! | [`Messaging`](kaa_bus::Messaging) | events and requests to other services | never |
//! | [`Sessions`](crate::Sessions) | the ways to devices that were kept | never |
//! | [`State<T>`](crate::State) | a piece of the application state | at compile time |
//! | [`Request`] | everything | never |
//! | `Option<T>` | `T`, or `None` when it is missing | missing is not malformed: as `T` otherwise |
//!
//! Implement [`FromRequest`] for an extractor of your own.

mod device;
mod identity;
mod json;
mod message;
mod payload;
mod rejection;
mod segment;

pub use device::DeviceJson;
pub use json::Json;
pub use message::{Event, Targeted};
pub use payload::Payload;
pub use rejection::Rejection;
pub use segment::FromSegment;
pub(crate) use segment::{optional_path_parameter, path_parameter};

use std::convert::Infallible;

use crate::failure::ReplyError;
use crate::request::Request;
use crate::status::ErrorStatus;

/// A value a handler can take as an argument.
///
/// The payload of a request is bytes in memory, so one trait is enough: extractors borrow the
/// request and can be combined in any order and number.
///
/// # Cancel safety
///
/// The future is dropped when the deadline of the request passes.
///
/// ```
/// use kaa_ext::prelude::*;
///
/// /// The tenant is the first part of the application version name.
/// struct Tenant(String);
///
/// impl<S: Sync> FromRequest<S> for Tenant {
///     type Rejection = Failure;
///
///     async fn from_request(request: &Request, _: &S) -> Result<Self, Failure> {
///         match request.app_version().split_once('-') {
///             Some((tenant, _)) => Ok(Self(tenant.to_owned())),
///             None => Err(Failure::bad_request("the application version names no tenant")),
///         }
///     }
/// }
///
/// #[resource("/tenant")]
/// async fn tenant(Tenant(name): Tenant) -> String {
///     name
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "this type does not implement `FromRequest`",
    note = "an argument is an extractor (`Json<T>`, `Payload`, `EndpointId`, `State<T>`, `Session`, …) or has \
            the name of a path parameter; see `kaa_ext::extract`. One that is written for a single state type \
            needs `state = App` in the attribute"
)]
pub trait FromRequest<S>: Sized {
    /// Why the request has no such value; decides the status and the reason the device gets.
    type Rejection: Into<crate::Failure>;

    /// Takes the value out of the request.
    fn from_request(
        request: &Request,
        state: &S,
    ) -> impl Future<Output = Result<Self, Self::Rejection>> + Send;
}

/// A value that a request may be without: what makes `Option<Self>` an argument.
///
/// `None` means that the request has no such value. A value that is there but wrong is still
/// refused.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` cannot be an argument of a handler",
    label = "`{Self}` is never missing, or does not implement `OptionalFromRequest`",
    note = "use `Option` for path parameters in `[…]` and for `Json<T>`, `Payload`, `EndpointId` and `RequestId`"
)]
pub trait OptionalFromRequest<S>: Sized {
    /// Why the value that is there cannot be taken.
    type Rejection: Into<crate::Failure>;

    /// Takes the value out of the request if there is one.
    fn from_request(
        request: &Request,
        state: &S,
    ) -> impl Future<Output = Result<Option<Self>, Self::Rejection>> + Send;
}

impl<S: Sync, T: OptionalFromRequest<S>> FromRequest<S> for Option<T> {
    type Rejection = T::Rejection;

    fn from_request(
        request: &Request,
        state: &S,
    ) -> impl Future<Output = Result<Self, Self::Rejection>> + Send {
        T::from_request(request, state)
    }
}

impl<S: Sync> FromRequest<S> for Request {
    type Rejection = Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Infallible> {
        Ok(request.clone())
    }
}

impl ReplyError for Infallible {
    fn status(&self) -> ErrorStatus {
        match *self {}
    }
}
