//! The collector at the other end: one connection for each batch.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::trace::CollectorUrl;

/// How long a batch may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of an answer is read.
const ANSWER: usize = 64 << 10;

/// What batches are sent to, from the thread that sends them.
#[derive(Debug)]
pub(super) struct Collector {
    url: CollectorUrl,
    /// That it does not answer is said once, and not with every batch.
    is_away: AtomicBool,
}

impl Collector {
    pub(super) fn new(url: &CollectorUrl) -> Self {
        Self { url: url.clone(), is_away: AtomicBool::new(false) }
    }

    /// Sends a batch on a runtime that lives as long as this: the thread has none, and waits for nothing else.
    fn send(&self, batch: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async { timeout(PATIENCE, self.exchange(batch)).await });
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        answer.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }

    async fn exchange(&self, mut batch: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (host, port) = self.url.host_and_port();
        let socket = TcpStream::connect((host, port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        let authority = batch.uri().authority().map(|authority| HeaderValue::from_str(authority.as_str()));
        if let Some(authority) = authority {
            batch.headers_mut().insert(header::HOST, authority?);
        }
        let path = batch.uri().path_and_query().cloned();
        *batch.uri_mut() = path.map_or_else(Uri::default, Uri::from);
        let (head, body) = sender.send_request(batch.map(Full::new)).await?.into_parts();
        let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }

    fn note(&self, answer: &Result<Response<Bytes>, HttpError>) {
        let problem = match answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answers {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        match (problem, &self.url) {
            (Some(problem), url) if !self.is_away.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%url, "the collector takes no spans, which are lost until it does: {problem}");
            }
            (None, url) if self.is_away.swap(false, Ordering::Relaxed) => {
                tracing::info!(%url, "the collector takes spans again");
            }
            _ => {}
        }
    }
}

impl HttpClient for Collector {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let answer = self.send(request);
        self.note(&answer);
        Box::pin(std::future::ready(answer))
    }
}
