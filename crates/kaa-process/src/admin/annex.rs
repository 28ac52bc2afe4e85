//! A room of a service's own on the admin port: more than a page.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Bytes;

pub use crate::port::Lasting;

/// What a request or an answer carries, whole or bit by bit.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body that does not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("the body does not come to its end")]
pub struct BodyError(#[from] hyper::Error);

/// Answers everything below a path of the port ([`Admin::annex`](super::Admin::annex)).
///
/// It has to see for itself who asks (a page of another host, for example), and how large a body it takes
/// ([`request`](crate::request)): the port limits only the head. An answer that carries [`Lasting`] in its extensions
/// may go on for as long as somebody reads it and the port is open; any other is cut off after 30 s. Nobody reads an
/// answer of which nothing was taken for 20 s.
pub trait Annex: fmt::Debug + Send + Sync + 'static {
    /// The answer to one request. [`Bound`] in its extensions says where the port is.
    fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>>;
}

/// Where the port is that a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound(pub SocketAddr);

/// One that is there.
#[derive(Debug, Clone)]
pub(super) struct Mounted {
    pub(super) path: &'static str,
    pub(super) about: &'static str,
    pub(super) annex: Arc<dyn Annex>,
}

impl Mounted {
    /// Whether it answers at this path.
    pub(super) fn is_at(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
