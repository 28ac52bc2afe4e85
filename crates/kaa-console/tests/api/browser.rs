//! What plays the browser.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, request};
use http_body_util::{BodyExt, Full};
use kaa_bus::{Bus, MemoryServer, RequestError};
use kaa_console::Console;
use kaa_ext::prelude::*;
use kaa_ext::{Builder, Server};
use kaa_process::admin::annex::{Annex, Body};
use serde_json::Value;
use tokio::time::timeout;

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A bus, and a console on a connection of its own.
pub(crate) struct Stage {
    pub(crate) server: MemoryServer,
    pub(crate) bus: Bus,
    pub(crate) console: Console,
    /// The connection of the console.
    pub(crate) own: Bus,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let server = MemoryServer::new();
        let (bus, own) = (server.connect(), server.connect());
        Self { console: Console::new(own.clone()), server, bus, own }
    }

    /// An extension on this bus.
    pub(crate) async fn serve(&self, extension: Builder<()>) -> Server {
        extension.build().unwrap().serve(self.server.connect()).start().await.unwrap()
    }

    /// The same, and it can be found.
    pub(crate) async fn serve_found(&self, extension: Builder<()>) -> Server {
        let server = self.serve(extension).await;
        let ping = format!("$SRV.PING.{}", server.description().instance);
        let found = async || self.bus.request(ping.parse().unwrap(), "".into(), LONG / 60).await.is_ok();
        while !found().await {
            tokio::task::yield_now().await;
        }
        server
    }

    pub(crate) async fn ask(&self, request: request::Builder, body: impl Into<Bytes>) -> Response<Body> {
        let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
        self.console.answer(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Body> {
        self.ask(Request::get(path).header("host", "127.0.0.1:9464"), "").await
    }

    /// A browser that watches.
    pub(crate) async fn watch(&self) -> Watching {
        let response = self.get("/console/events").await;
        assert_eq!(response.status(), 200);
        Watching { body: response.into_body(), read: String::new() }
    }

    /// Waits until nobody listens to messages of Kaa.
    pub(crate) async fn nobody_listens(&self) {
        let asked = async {
            loop {
                let answer = self.bus.request("kaa.v1.nobody".parse().unwrap(), "".into(), LONG / 60).await;
                if matches!(answer, Err(RequestError::NoResponders { .. })) {
                    return;
                }
            }
        };
        timeout(LONG, asked).await.unwrap();
    }
}

/// The body of an answer.
pub(crate) async fn body(response: Response<Body>) -> Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// A stream of events.
pub(crate) struct Watching {
    body: Body,
    read: String,
}

impl Watching {
    /// The next event: its name, and its data.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                let Some((name, data)) = event.split_once('\n') else { continue };
                let (name, data) =
                    (name.strip_prefix("event: ").unwrap(), data.strip_prefix("data: ").unwrap());
                return (name.to_owned(), serde_json::from_str(data).unwrap());
            }
            let frame = timeout(LONG, self.body.frame()).await.unwrap().unwrap().unwrap();
            self.read.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    }

    /// The next one of this name that is right.
    pub(crate) async fn until(&mut self, name: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                let (found, data) = self.next().await;
                if found == name && is_right(&data) {
                    return data;
                }
            }
        };
        timeout(LONG, found).await.unwrap()
    }
}

/// Answers with what it was sent.
#[resource("/echo/{name}")]
pub(crate) async fn echo(name: String, payload: Payload) -> Result<Payload, Failure> {
    if name == "nobody" { Err(Failure::not_found("there is no nobody")) } else { Ok(payload) }
}

/// Takes its time.
#[resource("/wait")]
async fn wait() -> () {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

/// Wants all that follows for this replica.
#[resource("/pin")]
async fn pin(session: Session) -> () {
    session.pin();
}

/// An extension that takes its time, and pins sessions.
pub(crate) fn slow() -> Builder<()> {
    Extension::new("slow").replica("slow-0").resources(resources![wait, pin])
}

/// An extension that answers.
pub(crate) fn echoing() -> Builder<()> {
    Extension::new("echoes").version("1.2.3").replica("echoes-0").resources(resources![echo])
}
