//! What the replicas of the communication service announce (9/ELCE).

use kaa_bus::{Bus, NatsOptions, SubjectFilter, Subscription};
use kaa_protocol::avro::Record;
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;

/// Hears everything.
pub(crate) struct Presence {
    _bus: Bus,
    events: Subscription,
}

/// One announcement.
#[derive(Debug)]
pub(crate) struct Announced {
    /// `connected` or `disconnected`.
    pub(crate) what: String,
    /// The endpoints in order, with a space between.
    pub(crate) endpoints: String,
    /// Who says so.
    pub(crate) replica: String,
}

impl Presence {
    pub(crate) async fn listen(server: &NatsServer) -> Self {
        let bus = Bus::nats(NatsOptions::new(&server.url()).unwrap()).await.unwrap();
        let filter: SubjectFilter = "kaa.v1.events.kpc.endpoint.connectivity.*".parse().unwrap();
        let events = bus.subscribe(filter, None).await.unwrap();
        Self { _bus: bus, events }
    }

    pub(crate) async fn next(&mut self) -> Announced {
        let message = soon("an event", self.events.next()).await.unwrap();
        let subject = String::from_utf8(message.subject.to_vec()).unwrap();
        let what = subject.rsplit_once('.').unwrap().1.to_owned();
        let (endpoints, replica) = if what == "connected" {
            let event = ConnectedEvent::decode_strict(&message.payload).unwrap();
            (names(event.endpoints.keys()), event.originator_replica_id)
        } else {
            let event = DisconnectedEvent::decode_strict(&message.payload).unwrap();
            (names(event.endpoints.keys()), event.originator_replica_id)
        };
        Announced { what, endpoints, replica: replica.to_string() }
    }
}

fn names<'a>(endpoints: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = endpoints.collect();
    names.sort_unstable();
    names.join(" ")
}
