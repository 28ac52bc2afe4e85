//! The extension that is talked to: the same resources, whatever the dialect.

use kaa_bus::Bus;
use kaa_ext::prelude::*;
use kaa_ext::protocol::esp::Revision;
use kaa_ext::{Counters, Dialect, Server};
use kaa_tests::venue::until;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[derive(Clone, FromRef)]
struct App {
    observers: UnboundedSender<Session>,
}

/// Takes data and has nothing to say.
#[resource("/deliver")]
async fn deliver(payload: Payload) -> () {
    drop(payload);
}

#[resource("/echo")]
async fn echo(payload: Payload) -> Payload {
    payload
}

#[resource("/json")]
async fn count(Json(samples): Json<Vec<Value>>) -> Json<Value> {
    Json(json!({ "accepted": samples.len() }))
}

#[resource("/who/{name}")]
async fn who(name: String, request: Request) -> String {
    let (endpoint, version) = (request.endpoint_id().unwrap_or("nobody"), request.app_version());
    format!("{name} {endpoint} {version} {}", String::from_utf8_lossy(&request.payload()))
}

/// Hands its session to the test.
#[resource("/observe")]
async fn observe(session: Session, State(observers): State<UnboundedSender<Session>>) -> () {
    observers.send(session).unwrap();
}

#[resource("/pin")]
async fn pin(session: Session) -> () {
    session.pin();
}

#[resource("/conflict")]
async fn conflict() -> Result<(), Failure> {
    Err(Failure::new(ErrorStatus::CONFLICT, "somebody was faster"))
}

#[resource("/gone")]
async fn gone() -> Result<(), Failure> {
    Err(Failure::new(ErrorStatus::GONE, ""))
}

#[resource("/panic")]
async fn panic() -> () {
    panic!("on purpose")
}

#[resource("/slow")]
async fn slow() -> () {
    std::future::pending().await
}

/// A running extension called `ext`, replica `ext-0`, whose communication service is `ecs`.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) bus: Bus,
    sessions: UnboundedReceiver<Session>,
}

impl Running {
    /// In both dialects.
    pub(crate) async fn start(bus: Bus) -> Self {
        Self::start_in(bus, &[Dialect::Esp, Dialect::Ecs2Ext], Revision::Seed).await
    }

    pub(crate) async fn start_in(bus: Bus, dialects: &[Dialect], revision: Revision) -> Self {
        let (observers, sessions) = unbounded_channel();
        let resources = resources![deliver, echo, count, who, observe, pin, conflict, gone, panic, slow];
        let extension = Extension::new("ext").replica("ext-0").communication_service("ecs");
        let extension = extension.dialects(dialects.iter().copied()).revision(revision);
        let extension = extension.state(App { observers }).resources(resources).build().unwrap();
        Self { server: extension.serve(bus.clone()).start().await.unwrap(), bus, sessions }
    }

    /// The session of the request to `/observe` that was answered last.
    pub(crate) fn session(&mut self) -> Session {
        self.sessions.try_recv().unwrap()
    }

    /// The counters once so many messages have arrived and nothing is in flight.
    pub(crate) async fn settled(&self, received: u64) -> Counters {
        let settled = || {
            let counters = self.server.counters();
            counters.received >= received && counters.in_flight() == 0
        };
        until("messages to be settled", settled).await;
        self.server.counters()
    }
}
