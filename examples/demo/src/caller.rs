//! Calls of REST ports, as `curl` makes them.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a call may take, all in all.
const DEADLINE: Duration = Duration::from_secs(15);
/// How much an answer may be.
const LARGEST: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("{0} does not answer within 15 s")]
    Late(SocketAddr),
    #[error("{0} cannot be connected to")]
    Connect(SocketAddr, #[source] std::io::Error),
    #[error("the call cannot be made")]
    Request(#[from] http::Error),
    #[error("{0} ended the connection")]
    Connection(SocketAddr, #[source] hyper::Error),
    #[error("the answer cannot be read")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes one call, on a connection of its own. A body is JSON.
pub(crate) async fn call(
    address: SocketAddr,
    method: &Method,
    path: &str,
    body: &str,
) -> Result<(StatusCode, Bytes), CallError> {
    let answer = timeout(DEADLINE, exchange(address, method, path, body));
    answer.await.map_err(|_| CallError::Late(address))?
}

async fn exchange(
    address: SocketAddr,
    method: &Method,
    path: &str,
    body: &str,
) -> Result<(StatusCode, Bytes), CallError> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, address.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::<Bytes>::from(body.to_owned()))?;
    let stream = TcpStream::connect(address).await.map_err(|error| CallError::Connect(address, error))?;
    let failed = |error| CallError::Connection(address, error);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let answer = async move {
        let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
        let body = Limited::new(body, LARGEST).collect().await.map_err(CallError::Body)?;
        Ok((head.status, body.to_bytes()))
    };
    // The connection may end before what it has brought was read. When it breaks, the answer says so.
    let (answer, _) = tokio::join!(answer, connection);
    answer
}
