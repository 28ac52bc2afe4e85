//! What the code that the attributes write calls. Not for people: no promise is made about it.

use std::convert::Infallible;
use std::sync::Arc;

pub use kaa_ext_macros::{listeners, resources, services};

pub use crate::describe::{Known, Named, Probe, Schemas, Shapes, Unknown};
pub use crate::extract::{Event, FromRequest, FromSegment, Targeted};
pub use crate::listener::{Listener, ListenerDef, ListenerOutcome};
pub use crate::message::{EventType, RequestType};
pub use crate::overload::Overload;
pub use crate::reply::IntoReply;
pub use crate::request::Request;
pub use crate::resource::{HandlerFuture, Location, Resource, ResourceDef};
pub use crate::service::{ServiceDef, ServiceOutcome, TargetedService};
pub use crate::state::FromRef;
pub use kaa_bus::Delivery;
pub use kaa_process::__private::{Entry, Of, Otherwise, Settings};
pub use kaa_protocol::ism;

use crate::extract;
use crate::failure::Failure;
use crate::reply::Reply;

pub type SharedState<S> = Arc<S>;

/// The state of no extension. Without it a piece that only the blanket impl of [`FromRef`] provides
/// would leave one possible state, itself, and `resources!` would settle on that before the builder
/// tells the real one: the author would read about a mismatch instead of the missing piece.
pub enum NoState {}

impl<T> FromRef<NoState> for T {
    fn from_ref(state: &NoState) -> Self {
        match *state {}
    }
}

/// What a handler's future ends with.
pub type Answer = Result<Reply, Infallible>;

pub async fn argument<S, T: FromRequest<S>>(request: &Request, state: &S) -> Result<T, Failure> {
    T::from_request(request, state).await.map_err(Into::into)
}

pub fn path_parameter<T: FromSegment>(request: &Request, name: &'static str) -> Result<T, Failure> {
    extract::path_parameter(request, name).map_err(Into::into)
}

pub fn optional_path_parameter<T: FromSegment>(
    request: &Request,
    name: &'static str,
) -> Result<Option<T>, Failure> {
    extract::optional_path_parameter(request, name).map_err(Into::into)
}

/// The handler's result as an answer.
pub fn answer<T: IntoReply>(request: &Request, result: T) -> Answer {
    result.into_reply().or_else(|failure| refuse(request, failure))
}

/// The type of a listener's event.
pub fn event_type<E: ism::Event>() -> EventType {
    EventType::of::<E>()
}

/// The type of a service's request.
pub fn request_type<R: ism::Request>() -> RequestType {
    RequestType::of::<R>()
}

/// How a listener fared as an answer.
pub fn heard<T: ListenerOutcome>(request: &Request, result: T) -> Answer {
    match result.into_result() {
        Ok(()) => Ok(Reply::empty()),
        Err(failure) => unheard(request, failure),
    }
}

/// Why a listener could not do its work, as an answer.
pub fn unheard(request: &Request, failure: Failure) -> Answer {
    request.outlet().unheard();
    // Mostly nobody is told, so the log is the only place to learn of it.
    if !failure.status().is_server_error() {
        let (what, correlation_id) = (request.title(), request.correlation_id());
        tracing::warn!(what, correlation_id, "{failure}");
    }
    refuse(request, failure)
}

/// A service's response as an answer.
pub fn respond<R: ism::Request, T: ServiceOutcome<R::Response>>(request: &Request, result: T) -> Answer {
    match result.into_result() {
        Ok(response) => Ok(Reply::message(request.complete(response))),
        Err(failure) => refuse(request, failure),
    }
}

/// A failure as an answer; a cause that the device must not see goes to the log here.
pub fn refuse(request: &Request, failure: Failure) -> Answer {
    if failure.status().is_server_error() {
        let cause = failure.cause().map(tracing::field::display);
        tracing::error!(
            what = request.title(),
            correlation_id = request.correlation_id(),
            cause,
            "{failure}"
        );
    }
    Ok(failure.into())
}
