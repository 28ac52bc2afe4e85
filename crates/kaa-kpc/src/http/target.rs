//! What a request is about, as its line and its Host say.

use http::header::{ALLOW, EXPECT, HOST, HeaderValue};
use http::request::Parts;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Method, StatusCode, Version};

use super::Offer;
use super::answer::Refusal;

/// Something that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// An extension, by the path of a URL.
    Extension(&'a str),
    /// MQTT over WebSocket.
    WebSocket,
}

/// What a request is about.
///
/// # Errors
///
/// 400 when it can be understood in two ways, 404 and 405 when nothing is there or nothing of the kind.
pub(super) fn target(head: &Parts, offer: Offer) -> Result<Target<'_>, Refusal> {
    check_host(head)?;
    check_expectation(&head.headers)?;
    let (method, path) = (&head.method, head.uri.path());
    if *method == Method::CONNECT {
        return Err(not_allowed("POST").closing());
    }
    if path == "*" && *method != Method::OPTIONS {
        return Err(Refusal::bad_request("a target of * is for OPTIONS only"));
    }
    if path.split('/').any(is_dots) {
        return Err(Refusal::bad_request(
            "the path has a segment of dots, which some resolve and some do not",
        ));
    }
    let is_extension = path == "/kp1" || path.starts_with("/kp1/");
    let (target, allowed) = match path {
        _ if offer.requests && (is_extension || path == "*") => (Target::Extension(path), Method::POST),
        "/ws" if offer.websocket => (Target::WebSocket, Method::GET),
        _ => return Err(Refusal::new(StatusCode::NOT_FOUND, what_is_here(offer))),
    };
    if *method != allowed {
        return Err(not_allowed(if allowed == Method::POST { "POST" } else { "GET" }));
    }
    match head.uri.query() {
        None => Ok(target),
        Some(_) => Err(Refusal::bad_request("the target has a query (?…), which nothing here reads")),
    }
}

fn what_is_here(offer: Offer) -> &'static str {
    match (offer.requests, offer.websocket) {
        (true, true) => {
            "nothing is here; devices POST to /kp1/<application version>/<extension>/…, \
             or speak MQTT over WebSocket at /ws"
        }
        (true, false) => "nothing is here; devices POST to /kp1/<application version>/<extension>/…",
        (false, _) => "nothing is here; devices speak MQTT over WebSocket at /ws",
    }
}

fn not_allowed(method: &'static str) -> Refusal {
    let reason = format!("only {method} is understood here");
    let allowed = HeaderValue::from_static(method);
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, reason).with(ALLOW, allowed)
}

/// The host that is meant has to be said once (RFC 9112, section 3.2). Which one it is does not matter.
fn check_host(head: &Parts) -> Result<(), Refusal> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.as_bytes()),
        (None, _) if head.version == Version::HTTP_10 => None,
        (None, _) => return Err(Refusal::bad_request("the Host is missing")),
        (Some(_), Some(_)) => return Err(Refusal::bad_request("there is more than one Host")),
    };
    let is_authority = |host| Authority::try_from(host).is_ok_and(|host| !host.as_str().contains('@'));
    if !host.is_none_or(|host| host.is_empty() || is_authority(host)) {
        return Err(Refusal::bad_request("the Host is none"));
    }
    let (Some(scheme), Some(authority)) = (head.uri.scheme(), head.uri.authority()) else { return Ok(()) };
    let is_meant = host.is_none_or(|host| host.eq_ignore_ascii_case(authority.as_str().as_bytes()));
    if is_meant && (*scheme == Scheme::HTTP || *scheme == Scheme::HTTPS) {
        return Ok(());
    }
    Err(Refusal::bad_request("the target is a URL of another host than the Host says"))
}

/// The one expectation there is (RFC 9110, section 10.1.1).
fn check_expectation(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut expectations = headers.get_all(EXPECT).iter();
    if expectations.all(|expectation| expectation.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Ok(());
    }
    let reason = "nothing but Expect: 100-continue is understood";
    Err(Refusal::new(StatusCode::EXPECTATION_FAILED, reason).closing())
}

/// Whether a segment is `.` or `..`, escaped or not (RFC 3986, section 6.2.2.3).
fn is_dots(segment: &str) -> bool {
    let is_dot = |text: &str| text == "." || text.eq_ignore_ascii_case("%2e");
    let halves = |at| segment.split_at_checked(at).is_some_and(|(one, two)| is_dot(one) && is_dot(two));
    is_dot(segment) || halves(1) || halves(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_seen_through_their_escapes() {
        for segment in [".", "..", "%2e", "%2E", "%2e.", ".%2E", "%2e%2e", "%2E%2e"] {
            assert!(is_dots(segment), "{segment}");
        }
        for segment in ["", "...", "a.", ".a", "%2", "%2ea", "%252e", "%2e%2e%2e", "ü."] {
            assert!(!is_dots(segment), "{segment}");
        }
    }
}
