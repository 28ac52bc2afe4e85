//! A service: the function that answers a targeted request of another service, as plain data.

use std::fmt;
use std::sync::Arc;

use crate::failure::{Failure, ReplyError};
use crate::message::RequestType;
use crate::request::Request;
use crate::resource::{HandlerFuture, Location};

/// What `#[service]` implements beside the function.
///
/// The struct it makes has the function's name, so that `services![config]` can name it; it is never
/// created.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service",
    label = "expected a function with `#[service]`"
)]
pub trait TargetedService<S> {
    /// The request, the documentation and the function.
    fn definition() -> ServiceDef<S>;
}

/// A list of services, for [`Builder::services`](crate::Builder::services): the functions by name,
/// with their module where they are not imported.
///
/// ```
/// use kaa_ext::prelude::*;
/// use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};
///
/// /// Everybody gets the same.
/// #[service]
/// async fn config(Targeted(request): Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
///     Ok(ConfigResponse {
///         config_id: Some("1".into()),
///         content: Some("{}".into()),
///         ..request.response(Outcome::OK)
///     })
/// }
///
/// let extension = Extension::new("cdp").services(services![config]).build()?;
/// # Ok::<(), kaa_ext::BuildError>(())
/// ```
#[macro_export]
macro_rules! services {
    ($($service:tt)*) => {
        $crate::__private::services!([$crate] $($service)*)
    };
}

/// Everything the extension needs to know about a service.
pub struct ServiceDef<S> {
    /// The request it answers.
    pub request: RequestType,
    /// The name of the function.
    pub name: &'static str,
    /// The documentation comment of the function.
    pub doc: &'static str,
    /// Where the attribute of the function is.
    pub location: Location,
    /// The function, with its arguments extracted.
    pub call: fn(Request, Arc<S>) -> HandlerFuture,
}

impl<S> fmt::Debug for ServiceDef<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceDef")
            .field("request", &self.request.name())
            .field("name", &self.name)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

/// What a service may return: `T`, the response to its request, or why there is none.
///
/// An error becomes a response too, with the status and the reason of the error. The correlation ID and
/// the timestamp of a response need not be set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what this service returns",
    label = "expected `Result<{T}, E>`: the response to its request, or why there is none",
    note = "`E` is `kaa_ext::Failure`, or an error of your own that implements `ReplyError`"
)]
pub trait ServiceOutcome<T> {
    /// The response.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when there is none.
    fn into_result(self) -> Result<T, Failure>;
}

impl<T, E: ReplyError> ServiceOutcome<T> for Result<T, E> {
    fn into_result(self) -> Result<T, Failure> {
        Ok(self?)
    }
}

impl<T> ServiceOutcome<T> for Result<T, Failure> {
    fn into_result(self) -> Result<T, Failure> {
        self
    }
}
