//! A resource: a path and the function that answers it, as plain data.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::describe::{Schemas, Shapes};
use crate::reply::Reply;
use crate::request::Request;

/// The future of a handler, boxed once per request.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<Reply, Infallible>> + Send>>;

/// What `#[resource]` implements beside the function.
///
/// The struct it makes has the function's name, so that `resources![config]` can name it; it is
/// never created.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "expected a function with `#[resource(\"/path\")]`"
)]
pub trait Resource<S> {
    /// The path, the documentation and the function.
    fn definition() -> ResourceDef<S>;
}

/// A list of resources, for [`Builder::resources`](crate::Builder::resources): the functions by name,
/// with their module where they are not imported.
///
/// ```
/// use kaa_ext::prelude::*;
///
/// mod greetings {
///     use kaa_ext::prelude::*;
///
///     #[resource("/hello")]
///     pub async fn hello() -> &'static str {
///         "hello"
///     }
/// }
///
/// #[resource("/bye")]
/// async fn bye() -> &'static str {
///     "bye"
/// }
///
/// let extension = Extension::new("polite").resources(resources![greetings::hello, bye]).build()?;
/// # Ok::<(), kaa_ext::BuildError>(())
/// ```
#[macro_export]
macro_rules! resources {
    ($($resource:tt)*) => {
        $crate::__private::resources!([$crate] $($resource)*)
    };
}

/// Everything the router needs to know about a resource.
pub struct ResourceDef<S> {
    /// The path as it was written: `/config/json[/{config_name}]`.
    pub path: &'static str,
    /// The path with its optional parts resolved: `/config/json` and `/config/json/{config_name}`.
    pub patterns: &'static [&'static str],
    /// The name of the function.
    pub name: &'static str,
    /// The documentation comment of the function.
    pub doc: &'static str,
    /// Where the attribute of the function is.
    pub location: Location,
    /// What the types of its arguments and of its answer say about payloads.
    pub shapes: fn(&mut Schemas) -> Shapes,
    /// The function, with its arguments extracted.
    pub call: fn(Request, Arc<S>) -> HandlerFuture,
}

impl<S> fmt::Debug for ResourceDef<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceDef")
            .field("path", &self.path)
            .field("name", &self.name)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

/// A place in the source code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The file, as the compiler was told.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
