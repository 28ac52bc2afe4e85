//! Who may ask.

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};

use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri, header};

use super::config::RestConfig;
use super::error::RestError;
use super::problem::Problem;
use crate::config::Secret;

/// What a request has to have.
#[derive(Debug)]
pub(super) enum Access {
    /// The token.
    Token(Secret),
    /// The name of this machine. A page of a browser on this machine can make its own name mean 127.0.0.1 (DNS
    /// rebinding), but not call itself `localhost`.
    Local,
    /// Nothing, as the operator wished.
    Everybody,
}

impl Access {
    /// # Blocking
    ///
    /// Reads the file of the token, before there is anything to hold up.
    pub(super) fn new(config: &RestConfig, address: SocketAddr) -> Result<Self, RestError> {
        let token = Secret::given("rest.token", config.token.as_ref(), config.token_file.as_deref())?;
        match token {
            Some(token) if token.expose().is_empty() => Err(RestError::EmptyToken),
            Some(token) => Ok(Self::Token(token)),
            None if address.ip().to_canonical().is_loopback() => Ok(Self::Local),
            None if config.insecure_listen => Ok(Self::Everybody),
            None => Err(RestError::Exposed { address }),
        }
    }

    /// The answer to whoever may not ask.
    pub(super) fn refusal(&self, head: &Parts) -> Option<Response> {
        match self {
            Self::Token(token) if !shows(&head.headers, token) => {
                let detail = "show the token of this service: Authorization: Bearer …";
                let problem = Problem::new(StatusCode::UNAUTHORIZED, detail);
                Some(([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response())
            }
            Self::Local if !is_for_this_machine(head) => {
                let detail = "without a token, this service answers only to localhost, 127.0.0.1 and [::1], and to \
                              no page of another host; use one of these names, or set rest.token-file";
                Some(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response())
            }
            _ => None,
        }
    }
}

fn shows(headers: &HeaderMap, token: &Secret) -> bool {
    let Some(shown) = only(headers, header::AUTHORIZATION) else { return false };
    let Some((scheme, shown)) = shown.split_once(' ') else { return false };
    scheme.eq_ignore_ascii_case("bearer") && equal(shown.trim_start().as_bytes(), token.expose().as_bytes())
}

/// Takes as long for a token that is right up to its last byte as for one that is wrong from its first.
fn equal(shown: &[u8], token: &[u8]) -> bool {
    let differing = shown.iter().zip(token).fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
    shown.len() == token.len() && differing == 0
}

fn is_for_this_machine(head: &Parts) -> bool {
    let host = match head.uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => only(&head.headers, header::HOST).and_then(|host| host.parse::<Authority>().ok()),
    };
    let asked = host.is_some_and(|host| is_this_machine(host.host()));
    let page = !head.headers.contains_key(header::ORIGIN)
        || only(&head.headers, header::ORIGIN)
            .and_then(|origin| origin.parse::<Uri>().ok())
            .is_some_and(|origin| origin.host().is_some_and(is_this_machine));
    asked && page
}

fn is_this_machine(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The header, unless it is there twice or not text.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}
