//! A communication service, the extension `ext` and the service `receiver`, in this process; and who listens to all
//! that they say.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaa_bus::trace::{self, TraceContext};
use kaa_bus::{Bus, SubjectFilter, Subscription};
use kaa_ext::Server;
use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigApplied, ConfigRequest, ConfigResponse};
use kaa_ext::protocol::ism::Outcome;
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};
use kaa_tests::http::{Answer, call_with};
use kaa_tests::patience::soon;
use kaa_tests::venue::Venue;

/// What a device says of its trace.
pub(crate) const DEVICE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The trace that functions found themselves in.
type Seen = Arc<Mutex<Vec<(&'static str, Option<TraceContext>)>>>;

pub(crate) struct Platform {
    kpc: Kpc,
    seen: Seen,
    wire: Subscription,
    _services: [Server; 2],
}

#[derive(Clone, FromRef)]
struct App {
    seen: Seen,
}

#[resource("/start")]
async fn start(
    endpoint: EndpointId,
    session: Session,
    messaging: Messaging,
    State(seen): State<Seen>,
) -> Result<(), Failure> {
    note(&seen, "start");
    let event = ConfigApplied { endpoint_id: endpoint.as_str().into(), ..ConfigApplied::default() };
    messaging.publish_event(&event).await.map_err(Failure::internal)?;
    let request = ConfigRequest { endpoint_id: endpoint.as_str().into(), ..ConfigRequest::default() };
    messaging.request(ServiceInstance::from_static("receiver"), &request, Duration::from_secs(5)).await?;
    note(&seen, "start, later");
    // A task of its own belongs to the request if it is told so.
    let pushed = tokio::spawn(trace::carried(async move { session.push("pushed").await }));
    pushed.await.map_err(Failure::internal)?.map_err(Failure::internal)
}

#[listener]
async fn applied(Event(_): Event<ConfigApplied>, State(seen): State<Seen>) {
    note(&seen, "applied");
}

#[service]
async fn config(
    Targeted(request): Targeted<ConfigRequest>,
    State(seen): State<Seen>,
) -> Result<ConfigResponse, Failure> {
    note(&seen, "config");
    Ok(request.response(Outcome::OK))
}

fn note(seen: &Seen, whom: &'static str) {
    seen.lock().unwrap().push((whom, trace::current()));
}

impl Platform {
    pub(crate) async fn start(venue: &Venue) -> Self {
        let seen = Seen::default();
        let serve = async |extension: kaa_ext::Builder<App>| {
            extension.build().unwrap().serve(venue.connect().await).start().await.unwrap()
        };
        let app = || App { seen: Arc::clone(&seen) };
        let ext = Extension::new("ext").replica("ext-0").state(app()).resources(resources![start]);
        let receiver = Extension::new("receiver").replica("receiver-0").state(app());
        let receiver = receiver.listeners(listeners![applied]).services(services![config]);
        let services = [serve(ext).await, serve(receiver).await];
        let listener = ListenerOptions::new(Transport::Http, "127.0.0.1:0".parse().unwrap());
        let kpc = Kpc::start(venue.connect().await, KpcOptions::trustful([listener])).await.unwrap();
        let bus: Bus = venue.connect().await;
        let wire = bus.subscribe("kaa.>".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
        Self { kpc, seen, wire, _services: services }
    }

    fn address(&self) -> SocketAddr {
        self.kpc.listening()[0].address
    }

    /// A device asks, with these fields in its head.
    pub(crate) async fn ask(&self, fields: &[(&str, &str)]) -> Answer {
        call_with(self.address(), "POST", "/kp1/v1/ext/ep-1/start", fields, "").await
    }

    /// The next so many messages on the bus: the last words of their subjects, and their traces.
    pub(crate) async fn messages(&mut self, number: usize) -> Vec<(String, Option<TraceContext>)> {
        let mut messages = Vec::new();
        while messages.len() < number {
            let message = soon("one more message", self.wire.next()).await.unwrap();
            let subject = String::from_utf8(message.subject.to_vec()).unwrap();
            messages.push((subject, message.trace));
        }
        messages
    }

    /// Which functions were called, and in which trace, once there are so many.
    pub(crate) async fn functions(&self, number: usize) -> Vec<(&'static str, Option<TraceContext>)> {
        kaa_tests::venue::until("functions to be called", || self.seen.lock().unwrap().len() >= number).await;
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.sort_by_key(|(function, _)| *function);
        seen
    }
}

/// The subjects of all that is said because of one request, in the order of the alphabet.
pub(crate) const SAID: [&str; 7] = [
    "kaa.v1.events.ext.endpoint.config.applied",
    "kaa.v1.replica.ext-0.cdtp.response",
    "kaa.v1.replica.kpc.esp.ExtensionData",
    "kaa.v1.replica.kpc.esp.ExtensionData",
    "kaa.v1.service.ext.esp.ClientData",
    "kaa.v1.service.kpc.esp.ExtensionData",
    "kaa.v1.service.receiver.cdtp.request",
];
