//! What a port looks at in a request before anybody handles it: who is asked, by which name, and how large a body is.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use tokio::time::timeout;

/// The header, unless it is there twice or not text.
pub fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}

/// The name that is asked, with its port if that is said; `None` when none is named, or several are.
pub fn asked(head: &Parts) -> Option<Authority> {
    match head.uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => only(&head.headers, &header::HOST)?.parse().ok(),
    }
}

/// The address that the host of a URL is, if it is one.
pub fn address(host: &str) -> Option<IpAddr> {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    address.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Whether the host of a URL is this machine, whoever says so: a page of anybody can make its own name mean 127.0.0.1
/// (DNS rebinding), but not call itself `localhost`.
pub fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || address(host).is_some_and(|address| address.is_loopback())
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// It has more bytes than these.
    #[error("a body has at most {0} bytes; send less at once")]
    TooLarge(usize),
    /// The connection broke.
    #[error("the body did not come to its end; send it again")]
    Broken,
    /// It took longer than this.
    #[error("the body did not come within {0:?}; send it faster")]
    TooSlow(Duration),
}

impl ReceiveError {
    /// The status of an answer that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// All of a body: at most so many bytes, within some time.
///
/// # Errors
///
/// [`ReceiveError`]; one that says beforehand that it is too large is not read at all.
pub async fn received<B>(body: B, most: usize, time: Duration) -> Result<Bytes, ReceiveError>
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    if body.size_hint().lower() > most as u64 {
        return Err(ReceiveError::TooLarge(most));
    }
    match timeout(time, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ReceiveError::TooLarge(most)),
        Ok(Err(_)) => Err(ReceiveError::Broken),
        Err(_) => Err(ReceiveError::TooSlow(time)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_the_names_that_nobody_can_give_another_meaning() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["", "localhost.evil.example", "127.0.0.1.evil.example", "[::]", "0.0.0.0", "192.0.2.1"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_request_that_names_several_hosts_names_none() {
        let of = |hosts: &[&str]| {
            let request = hosts.iter().fold(http::Request::get("/"), |all, host| all.header("host", *host));
            asked(&request.body(()).unwrap().into_parts().0)
        };
        assert_eq!(of(&["localhost:80"]).unwrap().host(), "localhost");
        assert_eq!((of(&[]), of(&["a", "b"]), of(&["a b"])), (None, None, None));
        let absolute = http::Request::get("http://a/").header("host", "b").body(()).unwrap();
        assert_eq!(asked(&absolute.into_parts().0).unwrap().host(), "a");
    }
}
