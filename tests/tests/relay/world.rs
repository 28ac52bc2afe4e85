//! A replica of the communication service, its clients, and extensions.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, RequestError};
use kaa_ext::prelude::*;
use kaa_ext::{Dialect, Server};
use kaa_kpc::relay::{
    Asked, Connection, Counters, Deliveries, Delivery, Relay, RelayOptions, Request, ResolvedEndpoint,
};
use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use kaa_protocol::name::ServiceInstance;
use kaa_tests::patience::soon;
use kaa_tests::venue::{Venue, until};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A replica of the communication service.
pub(crate) struct Communication {
    pub(crate) relay: Relay,
    pub(crate) bus: Bus,
}

impl Communication {
    pub(crate) async fn start(bus: Bus, replica: &str, request_timeout: Duration) -> Self {
        let dialects = HashMap::from([(ServiceInstance::from_static("old"), Dialect::Ecs2Ext)]);
        let replica = replica.parse().unwrap();
        let options = RelayOptions { replica, dialects, request_timeout, ..RelayOptions::default() };
        Self { relay: Relay::start(bus.clone(), options).await.unwrap(), bus }
    }

    /// The counters once every request has ended.
    pub(crate) async fn settled(&self) -> Counters {
        until("every request to end", || self.relay.counters().in_flight() == 0).await;
        self.relay.counters()
    }
}

/// A client with a connection.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    deliveries: Deliveries,
}

impl Client {
    pub(crate) fn of(communication: &Communication) -> Self {
        let (connection, deliveries) = communication.relay.connect();
        Self { connection, deliveries }
    }

    /// Publishes to a topic: `ask("ext/ep-1/echo/7", "…")`.
    pub(crate) fn ask(&self, rest: &str, payload: impl Into<Bytes>) {
        let topic = format!("kp1/v1/{rest}");
        let path = RequestPath::from_topic(&topic, |_| EndpointAwareness::Aware).unwrap();
        let endpoint_id = path.endpoint.as_ref().unwrap().as_str().parse().unwrap();
        let app_version = path.app_version.clone();
        let request = Request::new(path, payload.into());
        let request = request.endpoint(ResolvedEndpoint { endpoint_id, app_version });
        self.connection.request(&request, Asked { topic: topic.into(), mark: 1 });
    }

    /// What comes next: the end of its topic, and its payload or the status code of an error.
    pub(crate) async fn next(&mut self) -> String {
        let delivery = soon("a delivery", self.deliveries.next()).await.expect("the relay lives");
        let topic = delivery.topic().strip_prefix("kp1/v1/").unwrap().to_owned();
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        match delivery {
            Delivery::Push { payload, .. } => format!("{topic} {}", text(payload)),
            Delivery::Answer { answer, .. } if answer.is_success() => {
                format!("{topic} {}", text(answer.payload))
            }
            Delivery::Answer { answer, .. } => format!("{topic} {}", answer.status_code),
        }
    }

    pub(crate) async fn has_ended(&mut self) -> bool {
        soon("the end", self.deliveries.next()).await.is_none()
    }
}

#[derive(Clone, FromRef)]
pub(crate) struct App {
    replica: &'static str,
    sessions: UnboundedSender<Session>,
}

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

#[resource("/fail")]
async fn fail() -> Result<(), Failure> {
    Err(Failure::not_found("no such thing"))
}

#[resource("/never")]
async fn never() -> () {
    std::future::pending().await
}

/// Pins its session and hands it to the test.
#[resource("/pin")]
async fn pin(session: Session, State(app): State<App>) -> &'static str {
    session.pin();
    app.sessions.send(session).unwrap();
    app.replica
}

#[resource("/replica")]
async fn replica(State(app): State<App>) -> &'static str {
    app.replica
}

/// A replica of an extension: `ext`, or `old`, which speaks the first dialect and no other.
pub(crate) struct Replica {
    /// Dropping it would end it.
    _server: Server,
    bus: Bus,
    own: &'static str,
    pub(crate) sessions: UnboundedReceiver<Session>,
}

impl Replica {
    pub(crate) async fn start(venue: &Venue, name: &'static str) -> Self {
        let (instance, dialect, own) = match name {
            "ext-0" => ("ext", Dialect::Esp, "kaa.v1.replica.ext-0.esp.ClientData"),
            "ext-1" => ("ext", Dialect::Esp, "kaa.v1.replica.ext-1.esp.ClientData"),
            _ => ("old", Dialect::Ecs2Ext, "kaa.v1.service.old.old-0"),
        };
        let bus = venue.connect().await;
        let (sessions, received) = unbounded_channel();
        let extension = Extension::new(instance).replica(name).dialects([dialect]);
        let extension = extension.state(App { replica: name, sessions });
        let extension = extension.resources(resources![echo, fail, never, pin, replica]).build().unwrap();
        let server = extension.serve(bus.clone()).start().await.unwrap();
        Self { _server: server, bus, own, sessions: received }
    }

    /// Ends its connection without a goodbye; returns when the server knows that it is gone.
    pub(crate) async fn kill(self, watcher: &Bus) {
        let _ = self.bus.close(Duration::ZERO).await;
        let gone = async {
            loop {
                let asked = watcher.request(self.own.parse().unwrap(), "".into(), Duration::from_millis(50));
                if let Err(RequestError::NoResponders { .. }) = asked.await {
                    break;
                }
            }
        };
        soon("the server to see that a replica is gone", gone).await;
    }
}
