//! The application's state, handed to handlers piece by piece.

use std::convert::Infallible;

use crate::extract::FromRequest;
use crate::request::Request;

/// A piece of the application state.
///
/// The state given to [`Builder::state`](crate::Builder::state) is shared by all handlers; a
/// handler asks for the piece it needs by type, and only that piece is cloned.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use kaa_ext::prelude::*;
///
/// #[derive(FromRef)]
/// struct App {
///     hits: Arc<Mutex<u64>>,
///     greeting: &'static str,
/// }
///
/// #[resource("/hits")]
/// async fn hits(State(hits): State<Arc<Mutex<u64>>>) -> String {
///     let mut hits = hits.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
///     *hits += 1;
///     hits.to_string()
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State<T>(pub T);

/// A piece that can be taken out of the application state `S`.
///
/// Every `Clone` type is a piece of itself. For a struct, derive it: `#[derive(FromRef)]` makes
/// each field a piece by its type.
#[diagnostic::on_unimplemented(
    message = "the application state `{S}` has no `{Self}`",
    label = "a handler asks for `State<{Self}>`",
    note = "give the state a field of type `{Self}` and `#[derive(FromRef)]`, or implement `FromRef<{S}>` for `{Self}`"
)]
pub trait FromRef<S> {
    /// Takes the piece: usually a clone of a field.
    fn from_ref(state: &S) -> Self;
}

impl<T: Clone> FromRef<T> for T {
    fn from_ref(state: &T) -> Self {
        state.clone()
    }
}

impl<S: Sync, T: FromRef<S>> FromRequest<S> for State<T> {
    type Rejection = Infallible;

    async fn from_request(_: &Request, state: &S) -> Result<Self, Infallible> {
        Ok(Self(T::from_ref(state)))
    }
}
