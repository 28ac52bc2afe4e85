//! Messages of other services, as arguments.

use std::any::type_name;

use kaa_bus::{Context, Messaging};
use kaa_protocol::ism;

use super::FromRequest;
use crate::failure::Failure;
use crate::request::Request;
use crate::session::Sessions;

/// The event a [`#[listener]`](crate::listener) is called for.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<T>(pub T);

/// The targeted request a [`#[service]`](crate::service) answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Targeted<T>(pub T);

/// The message, unless the function was registered for something else.
fn message<T: ism::Message>(request: &Request) -> Result<T, Failure> {
    request.message::<T>().ok_or_else(|| {
        let (wanted, found) = (type_name::<T>(), request.message_type().unwrap_or("a request of a device"));
        Failure::internal(format!("the handler takes a {wanted}, but was called for {found}"))
    })
}

impl<S: Sync, T: ism::Event> FromRequest<S> for Event<T> {
    type Rejection = Failure;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Failure> {
        message(request).map(Self)
    }
}

impl<S: Sync, T: ism::Request> FromRequest<S> for Targeted<T> {
    type Rejection = Failure;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Failure> {
        message(request).map(Self)
    }
}

/// Speaking to other services. What is sent carries on the correlation ID and the trace of the message that
/// is being handled, and no request takes longer than what is left of its time.
///
/// ```
/// use std::time::Duration;
/// use kaa_ext::prelude::*;
/// use kaa_ext::protocol::cdtp::ConfigRequest;
///
/// #[resource("/config")]
/// async fn config(endpoint: EndpointId, messaging: Messaging) -> Result<Payload, Failure> {
///     let provider = ServiceInstance::from_static("cdp");
///     let request = ConfigRequest { endpoint_id: endpoint.into(), ..ConfigRequest::default() };
///     let response = messaging.request(provider, &request, Duration::from_secs(5)).await?;
///     Ok(Payload(response.content.unwrap_or_default()))
/// }
/// ```
impl<S: Sync> FromRequest<S> for Messaging {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Self::Rejection> {
        let trace = request.trace().and_then(|trace| trace.context().cloned());
        let context = Context::traced(request.correlation_id(), request.deadline().at(), trace);
        Ok(request.outlet().messaging().within(context))
    }
}

impl<S: Sync> FromRequest<S> for Sessions {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Sessions::new(request.outlet().clone()))
    }
}
