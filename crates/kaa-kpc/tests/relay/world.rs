//! What the tests need: clients, an extension, and one played by hand.

use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Clock, MemoryServer, Subscription};
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_kpc::relay::{
    Answer, Asked, Connection, Counters, Deliveries, Delivery, Relay, RelayOptions, Request, ResolvedEndpoint,
};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{Subject, SubjectFilter};

/// A bus, and what is on it.
pub(crate) struct World {
    pub(crate) server: MemoryServer,
    clock: Clock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { server: MemoryServer::new(), clock: Clock::tokio() }
    }

    /// Options of a replica with this name.
    pub(crate) fn options(&self, replica: &str) -> RelayOptions {
        RelayOptions {
            replica: replica.parse().unwrap(),
            clock: self.clock,
            request_timeout: Duration::from_secs(30),
            ..RelayOptions::default()
        }
    }

    pub(crate) async fn relay(&self) -> Relay {
        self.relay_with(self.options("kpc-0")).await
    }

    pub(crate) async fn relay_with(&self, options: RelayOptions) -> Relay {
        Relay::start(self.server.connect(), options).await.unwrap()
    }

    /// A replica of the extension `ext`, which names itself in its answers. Closing its bus kills it.
    pub(crate) async fn extension(&self, replica: &'static str) -> (TestKaa, Bus) {
        let bus = self.server.connect();
        let resources = resources![echo, replica_name, fail, slow, observe];
        let extension = Extension::new("ext").replica(replica).state(Name(replica)).resources(resources);
        (TestKaa::start_on(bus.clone(), extension.build().unwrap()).await, bus)
    }

    /// An extension that does what a test tells it.
    pub(crate) async fn puppet(&self) -> Puppet {
        self.puppet_on("kaa.v1.service.ext.esp.ClientData").await
    }

    pub(crate) async fn puppet_on(&self, subject: &str) -> Puppet {
        let bus = self.server.connect();
        let filter: SubjectFilter = subject.parse().unwrap();
        let group = ServiceInstance::from_static("ext");
        let requests = bus.subscribe(filter, Some(&group)).await.unwrap();
        Puppet { bus, requests }
    }
}

/// The name of the replica that answers.
#[derive(Clone, Copy)]
struct Name(&'static str);

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

#[resource("/replica")]
async fn replica_name(State(name): State<Name>) -> &'static str {
    name.0
}

#[resource("/fail")]
async fn fail() -> Result<(), Failure> {
    Err(Failure::not_found("no such thing"))
}

#[resource("/slow/{seconds}")]
async fn slow(seconds: u64) -> &'static str {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    "done"
}

/// Pins or unpins, and pushes something.
#[resource("/observe/{pin}")]
async fn observe(pin: bool, session: Session, State(name): State<Name>) -> Result<&'static str, Failure> {
    if pin {
        session.pin();
    } else {
        session.unpin();
    }
    session.push("observed").await.map_err(Failure::internal)?;
    Ok(name.0)
}

/// A client with a connection.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) deliveries: Deliveries,
}

impl Client {
    pub(crate) fn of(relay: &Relay) -> Self {
        let (connection, deliveries) = relay.connect();
        Self { connection, deliveries }
    }

    /// Publishes to a topic of the extension `ext` for an endpoint: `ask("ep-1/echo/7", "…")`.
    pub(crate) fn ask(&self, rest: &str, payload: impl Into<Bytes>) {
        let topic = format!("kp1/v1/ext/{rest}");
        self.connection.request(&aware(&topic, payload), Asked { topic: topic.into(), mark: 1 });
    }

    /// The same, without a wish to find it again.
    pub(crate) fn mention(&self, rest: &str) {
        let topic = format!("kp1/v1/ext/{rest}");
        self.connection.request(&aware(&topic, ""), Asked { topic: topic.into(), mark: 0 });
    }

    /// Publishes for the client itself.
    pub(crate) fn ask_unaware(&self, rest: &str) {
        let topic = format!("kp1/v1/ext/{rest}");
        let path = RequestPath::from_topic(&topic, |_| EndpointAwareness::Unaware).unwrap();
        self.connection.request(&Request::new(path, Bytes::new()), Asked { topic: topic.into(), mark: 0 });
    }

    /// What comes next: the end of its topic, and its payload or the status code of an error.
    pub(crate) async fn next(&mut self) -> (String, String) {
        let delivery = tokio::time::timeout(Duration::from_secs(3600), self.deliveries.next()).await;
        told(&delivery.expect("something comes").expect("the relay lives"))
    }

    /// What has come once all is quiet.
    pub(crate) async fn all(&mut self) -> Vec<(String, String)> {
        quiet().await;
        std::iter::from_fn(|| self.deliveries.try_next()).map(|delivery| told(&delivery)).collect()
    }
}

/// A request of an endpoint whose ID is its token.
pub(crate) fn aware(topic: &str, payload: impl Into<Bytes>) -> Request {
    let path = RequestPath::from_topic(topic, |_| EndpointAwareness::Aware).unwrap();
    let endpoint_id = path.endpoint.as_ref().unwrap().as_str().parse().unwrap();
    let app_version = path.app_version.clone();
    Request::new(path, payload.into()).endpoint(ResolvedEndpoint { endpoint_id, app_version })
}

fn told(delivery: &Delivery) -> (String, String) {
    let topic = delivery.topic().strip_prefix("kp1/v1/ext/").unwrap().to_owned();
    let payload = match delivery {
        Delivery::Answer { answer, .. } => said(answer),
        Delivery::Push { payload, .. } => String::from_utf8(payload.to_vec()).unwrap(),
    };
    (topic, payload)
}

/// The payload of an answer, or the status code of an error.
pub(crate) fn said(answer: &Answer) -> String {
    match answer.error_payload() {
        Some(error) => error.status_code.to_string(),
        None => String::from_utf8(answer.payload.to_vec()).unwrap(),
    }
}

pub(crate) fn pair(topic: &str, payload: &str) -> (String, String) {
    (topic.to_owned(), payload.to_owned())
}

/// Everything that can happen without time passing has happened.
pub(crate) async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Every request has ended in exactly one way.
pub(crate) fn assert_conserved(relay: &Relay) -> Counters {
    let counters = relay.counters();
    assert_eq!(counters.in_flight(), 0, "{counters:?}");
    counters
}

/// An extension that a test plays by hand.
pub(crate) struct Puppet {
    pub(crate) bus: Bus,
    requests: Subscription,
}

/// A request as the puppet got it.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) datum: Bytes,
    reply_to: Subject,
}

impl Got {
    pub(crate) fn data(&self) -> ClientData<'_> {
        ClientData::decode_strict(&self.datum).unwrap()
    }

    /// The answer that repeats what it should.
    pub(crate) fn echo(&self) -> ExtensionData<'_> {
        let data = self.data();
        ExtensionData {
            correlation_id: data.correlation_id,
            timestamp: data.timestamp,
            timeout: 0,
            app_version_name: Some(data.app_version_name),
            extension_instance_name: Some("ext"),
            endpoint_id: data.endpoint_id,
            resource_path: data.resource_path,
            request_id: data.request_id,
            payload: Some(data.payload),
            status_code: 200,
            reason_phrase: None,
        }
    }
}

impl Puppet {
    pub(crate) async fn next(&mut self) -> Got {
        let message = tokio::time::timeout(Duration::from_secs(60), self.requests.next()).await;
        let message = message.expect("a request comes").unwrap();
        let reply_to = Subject::try_from(message.reply_to.unwrap()).unwrap();
        Got { datum: message.payload, reply_to }
    }

    pub(crate) async fn answer(&self, got: &Got, answer: &ExtensionData<'_>, reply_to: Option<&str>) {
        self.send(got.reply_to.as_str(), answer, reply_to).await;
    }

    pub(crate) async fn send(&self, subject: &str, data: &ExtensionData<'_>, reply_to: Option<&str>) {
        let datum = data.encode(Revision::Current).unwrap();
        let reply_to = reply_to.map(|text| text.parse().unwrap());
        self.bus.publish(subject.parse().unwrap(), reply_to, datum).await.unwrap();
    }
}
