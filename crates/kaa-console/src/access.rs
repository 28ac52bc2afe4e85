//! Who is answered: this machine, and no page of another host.
//!
//! Where an operator has bound the port to another address than that of the machine itself, that address is a name of it
//! as well.

use std::net::{IpAddr, SocketAddr};

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use kaa_process::request::{address, asked, is_this_machine, only};

use crate::reply::{Reply, refusal};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The answer to whoever may not ask at the port that is bound to this address.
pub(crate) fn refused(head: &Parts, bound: SocketAddr) -> Option<Reply> {
    let Some(host) = asked(head).filter(|host| is_name_of(host.host(), bound.ip())) else {
        let port = bound.port();
        let sentence = format!(
            "the console answers by the name of this machine alone: open http://127.0.0.1:{port}/console (or \
             localhost, or the address in admin.listen)"
        );
        return Some(refusal(StatusCode::MISDIRECTED_REQUEST, &sentence));
    };
    if !is_of_the_same_page(&head.headers, &host) || is_embedded(head) {
        let sentence = "a page of another host asks; open the console itself, and ask from there";
        return Some(refusal(StatusCode::FORBIDDEN, sentence));
    }
    None
}

fn is_name_of(host: &str, bound: IpAddr) -> bool {
    // An address is no name that somebody could give another meaning.
    let is_bound = |address| address == bound.to_canonical() || bound.to_canonical().is_unspecified();
    is_this_machine(host) || address(host).is_some_and(is_bound)
}

/// Browsers say where a request comes from, whenever it could do harm; other programs do not.
fn is_of_the_same_page(headers: &HeaderMap, host: &Authority) -> bool {
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    let origin = only(headers, &header::ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
    let same = |origin: Uri| origin.authority().is_some_and(|authority| authority == host);
    origin.is_some_and(same)
}

/// Whether the page of somebody else loads this as a part of itself.
fn is_embedded(head: &Parts) -> bool {
    let from_elsewhere =
        only(&head.headers, &FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let is_followed = head.method == Method::GET && only(&head.headers, &FETCH_MODE) == Some("navigate");
    from_elsewhere && !is_followed
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn status(bound: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::get("/console");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        refused(&head, bound.parse().unwrap()).map(|reply| reply.status().as_u16())
    }

    #[test]
    fn a_name_that_is_not_of_this_machine_is_refused() {
        for host in ["localhost", "LOCALHOST:9464", "127.0.0.1:9464", "127.0.0.1:80", "[::1]:9464"] {
            assert_eq!(status("127.0.0.1:9464", &[("host", host)]), None, "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "10.0.0.1:9464", "127.0.0.1.evil.example", "a b"]
        {
            assert_eq!(status("127.0.0.1:9464", &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(status("127.0.0.1:9464", &[]), Some(421));
        assert_eq!(status("127.0.0.1:9464", &[("host", "localhost"), ("host", "localhost")]), Some(421));
    }

    #[test]
    fn an_address_to_which_the_port_was_bound_is_a_name_as_well() {
        assert_eq!(status("10.0.0.1:9464", &[("host", "10.0.0.1:9464")]), None);
        assert_eq!(status("10.0.0.1:9464", &[("host", "10.0.0.2:9464")]), Some(421));
        assert_eq!(status("0.0.0.0:9464", &[("host", "10.0.0.2:9464")]), None);
        assert_eq!(status("0.0.0.0:9464", &[("host", "evil.example")]), Some(421));
    }

    #[test]
    fn a_page_of_another_host_is_refused() {
        let from = |origin| status("127.0.0.1:9464", &[("host", "localhost:9464"), ("origin", origin)]);
        assert_eq!(from("http://localhost:9464"), None);
        for origin in ["http://evil.example", "http://localhost:8080", "http://127.0.0.1:9464", "null", ""] {
            assert_eq!(from(origin), Some(403), "{origin}");
        }
        let fetched = |site, mode| {
            let headers = [("host", "localhost"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            status("127.0.0.1:9464", &headers)
        };
        assert_eq!(fetched("cross-site", "no-cors"), Some(403), "as an image");
        assert_eq!(fetched("cross-site", "navigate"), None, "by a link");
        assert_eq!(fetched("same-origin", "cors"), None);
        assert_eq!(fetched("none", "navigate"), None);
    }
}
