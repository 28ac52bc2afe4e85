//! A listener: the function that an event is handed to, as plain data.

use std::fmt;
use std::sync::Arc;

use kaa_bus::Delivery;
use kaa_protocol::ism::Address;

use crate::failure::{Failure, ReplyError};
use crate::message::EventType;
use crate::overload::Overload;
use crate::request::Request;
use crate::resource::{HandlerFuture, Location};

/// What `#[listener]` implements beside the function.
///
/// The struct it makes has the function's name, so that `listeners![updated]` can name it; it is
/// never created.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener",
    label = "expected a function with `#[listener]`"
)]
pub trait Listener<S> {
    /// The event, the documentation and the function.
    fn definition() -> ListenerDef<S>;
}

/// A list of listeners, for [`Builder::listeners`](crate::Builder::listeners): the functions by name,
/// with their module where they are not imported.
///
/// ```
/// use kaa_ext::prelude::*;
/// use kaa_ext::protocol::elce::ConnectedEvent;
///
/// /// Greets those who come.
/// #[listener]
/// async fn connected(Event(event): Event<ConnectedEvent>) {
///     for endpoint in event.endpoints.keys() {
///         println!("hello, {endpoint}");
///     }
/// }
///
/// let extension = Extension::new("polite").listeners(listeners![connected]).build()?;
/// # Ok::<(), kaa_ext::BuildError>(())
/// ```
#[macro_export]
macro_rules! listeners {
    ($($listener:tt)*) => {
        $crate::__private::listeners!([$crate] $($listener)*)
    };
}

/// Everything the extension needs to know about a listener.
pub struct ListenerDef<S> {
    /// The event it listens to.
    pub event: EventType,
    /// Which replicas of the extension get the event.
    pub delivery: Delivery,
    /// Whether it is left alone with events that this very replica sent.
    pub ignores_own: bool,
    /// What becomes of the event when the extension is full; `None` for what suits its type.
    pub overload: Option<Overload>,
    /// The name of the function.
    pub name: &'static str,
    /// The documentation comment of the function.
    pub doc: &'static str,
    /// Where the attribute of the function is.
    pub location: Location,
    /// The function, with its arguments extracted.
    pub call: fn(Request, Arc<S>) -> HandlerFuture,
}

impl<S> ListenerDef<S> {
    /// Where its confirmations go. A service confirms once, and when its work is done: what every replica does on
    /// the side is not that.
    pub(crate) fn receipts(&self) -> Option<&Address> {
        self.event.receipts.as_ref().filter(|_| self.delivery == Delivery::OneReplica)
    }
}

impl<S> fmt::Debug for ListenerDef<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerDef")
            .field("event", &self.event.name())
            .field("delivery", &self.delivery)
            .field("name", &self.name)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

/// What a listener may return: nothing, or why it could not do its work.
///
/// An error is logged and counted. When the sender waits for a confirmation (13/DSTP), that is sent
/// after the listener is done, with the status of the error if it is one. A listener that every replica
/// has (`delivery = every_replica`) confirms nothing: the service confirms once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a listener returns",
    label = "nobody would get this",
    note = "return nothing, or `Result<(), E>` with an error that implements `ReplyError`"
)]
pub trait ListenerOutcome {
    /// How it went.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the listener could not do its work.
    fn into_result(self) -> Result<(), Failure>;
}

impl ListenerOutcome for () {
    fn into_result(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: ReplyError> ListenerOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), Failure> {
        Ok(self?)
    }
}

impl ListenerOutcome for Result<(), Failure> {
    fn into_result(self) -> Result<(), Failure> {
        self
    }
}
