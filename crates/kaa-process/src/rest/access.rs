//! Who may ask.

use std::hint::black_box;
use std::net::SocketAddr;

use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode, Uri, header};

use super::config::RestConfig;
use super::error::RestError;
use super::problem::Problem;
use crate::config::Secret;
use crate::request::{asked, is_this_machine, only};

/// What a request has to have.
#[derive(Debug)]
pub(super) enum Access {
    /// The token.
    Token(Secret),
    /// The name of this machine.
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
    let Some(shown) = only(headers, &header::AUTHORIZATION) else { return false };
    let Some((scheme, shown)) = shown.split_once(' ') else { return false };
    scheme.eq_ignore_ascii_case("bearer") && equal(shown.trim_start().as_bytes(), token.expose().as_bytes())
}

/// Takes as long for a token that is right up to its last byte as for one that is wrong from its first.
fn equal(shown: &[u8], token: &[u8]) -> bool {
    let differing = shown.iter().zip(token).fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
    shown.len() == token.len() && differing == 0
}

/// Pages of this machine may ask from whichever port they are at.
fn is_for_this_machine(head: &Parts) -> bool {
    let is_asked = asked(head).is_some_and(|host| is_this_machine(host.host()));
    let origin = || only(&head.headers, &header::ORIGIN)?.parse::<Uri>().ok();
    let is_of_this_machine = || origin().is_some_and(|origin| origin.host().is_some_and(is_this_machine));
    is_asked && (!head.headers.contains_key(header::ORIGIN) || is_of_this_machine())
}
