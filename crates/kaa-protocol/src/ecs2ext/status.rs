//! How a message went, as text.

/// The status of a success.
pub const OK: &str = "ok";

/// The status text of an HTTP status code: `ok` for a success, the code and the reason otherwise.
///
/// The protocol names only the first; the second is our choice.
///
/// ```
/// use kaa_protocol::ecs2ext::status_text;
///
/// assert_eq!(status_text(200, ""), "ok");
/// assert_eq!(status_text(404, "no such configuration"), "404 no such configuration");
/// ```
pub fn status_text(code: u16, reason: &str) -> String {
    match (code, reason) {
        (200..300, _) => OK.to_owned(),
        (code, "") => code.to_string(),
        (code, reason) => format!("{code} {reason}"),
    }
}

/// A message with a status and no payload says nothing else. Published examples have an empty content
/// type there instead of none, so that one is not asked.
pub(super) fn is_status(status: Option<&str>, payload: Option<&[u8]>) -> bool {
    status.is_some() && payload.is_none()
}
