//! Path parameters: one segment of the resource path as a value.

use std::fmt::Display;
use std::str::FromStr;

use super::Rejection;
use crate::request::Request;

/// A value that can stand in a path segment: anything with [`FromStr`] whose error can be shown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a path parameter",
    label = "this type does not implement `FromStr` (with an error that implements `Display`)",
    note = "a path parameter is a `String`, a number, a name such as `ConfigName`, or your own type with `FromStr`"
)]
pub trait FromSegment: Sized {
    /// Why the text is not such a value.
    type Error: Display;

    /// Parses the text of a segment, as it stands in the resource path.
    ///
    /// # Errors
    ///
    /// When the text is not such a value: the device gets 400 and the name of the parameter.
    fn from_segment(text: &str) -> Result<Self, Self::Error>;
}

impl<T> FromSegment for T
where
    T: FromStr,
    T::Err: Display,
{
    type Error = T::Err;

    fn from_segment(text: &str) -> Result<Self, T::Err> {
        text.parse()
    }
}

/// The path parameter that 7/CMP also allows as a field of the envelope.
const CONFIG_NAME: &str = "config_name";

/// A parameter that the matched pattern always has.
pub(crate) fn path_parameter<T: FromSegment>(request: &Request, name: &'static str) -> Result<T, Rejection> {
    optional_path_parameter(request, name)?.ok_or(Rejection::NoParameter { name })
}

/// A parameter inside `[…]`, which the matched pattern may be without.
///
/// A parameter called `config_name` may instead come in the field `configName`; when both are
/// there, they have to agree.
pub(crate) fn optional_path_parameter<T: FromSegment>(
    request: &Request,
    name: &'static str,
) -> Result<Option<T>, Rejection> {
    let in_path = request.parameter(name);
    let in_field = request.config_name().filter(|_| name == CONFIG_NAME);
    if let (Some(path), Some(field)) = (in_path, in_field)
        && path != field
    {
        return Err(Rejection::ConfigNames { path: quoted(path), field: quoted(field) });
    }
    let Some(text) = in_path.or(in_field) else { return Ok(None) };
    let invalid =
        |problem: T::Error| Rejection::Parameter { name, text: quoted(text), problem: problem.to_string() };
    T::from_segment(text).map(Some).map_err(invalid)
}

/// At most 64 bytes of text from a device, for an error message.
fn quoted(text: &str) -> String {
    text.get(..text.floor_char_boundary(64)).unwrap_or_default().to_owned()
}
