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

/// The code and the reason in a status text: the inverse of [`status_text`].
///
/// A text that is neither `ok` nor begins with a code is an error all the same: 500, with the text as its
/// reason. Whoever wrote it had no success to tell.
///
/// ```
/// use kaa_protocol::ecs2ext::status_code;
///
/// assert_eq!(status_code("ok"), (200, ""));
/// assert_eq!(status_code("404 no such configuration"), (404, "no such configuration"));
/// assert_eq!(status_code("410"), (410, ""));
/// assert_eq!(status_code("broken"), (500, "broken"));
/// assert_eq!(status_code("12 monkeys"), (500, "12 monkeys"));
/// ```
pub fn status_code(text: &str) -> (u16, &str) {
    if text == OK {
        return (200, "");
    }
    let (code, reason) = text.split_once(' ').unwrap_or((text, ""));
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    match code.parse() {
        Ok(code @ 100..) if is_code => (code, reason),
        _ => (500, text),
    }
}

/// A message with a status and no payload says nothing else. Published examples have an empty content
/// type there instead of none, so that one is not asked.
pub(super) fn is_status(status: Option<&str>, payload: Option<&[u8]>) -> bool {
    status.is_some() && payload.is_none()
}
