//! Those who talk to the extension: the endpoint communication service of the first platform, and the
//! communication service of today.

use kaa_bus::{Bus, Subscription};
use kaa_tests::avro::Avro;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::Venue;
use serde_json::{Value, json};

/// A replica of the communication service `ecs`, in one dialect.
pub(crate) struct Peer {
    pub(crate) bus: Bus,
    requests: Avro,
    answers: Avro,
    /// Where requests go that are not pinned.
    to: &'static str,
    /// Where this replica listens, and the service as a whole.
    own: Subscription,
    shared: Subscription,
}

/// What arrived.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) fields: Value,
    pub(crate) reply_to: Option<String>,
}

pub(crate) const ECS_REPLICA: &str = "kaa.v1.service.ecs.ecs-0";
pub(crate) const ECS_SERVICE: &str = "kaa.v1.service.ecs";
pub(crate) const ECS_TO: &str = "kaa.v1.service.ext";
pub(crate) const KPC_REPLICA: &str = "kaa.v1.replica.kpc-0.esp.ExtensionData";
const KPC_SERVICE: &str = "kaa.v1.service.ecs.esp.ExtensionData";
pub(crate) const KPC_TO: &str = "kaa.v1.service.ext.esp.ClientData";

impl Peer {
    /// 4/ECS2EXT.
    pub(crate) async fn ecs(venue: &Venue) -> Self {
        let codec = |record| Avro::of("4/ECS2EXT", record);
        let codecs = (codec("EcsToExtensionInboundMessage"), codec("EcsToExtensionOutboundMessage"));
        Self::join(venue, codecs, ECS_TO, ECS_REPLICA, ECS_SERVICE).await
    }

    /// 4/ESP, writing ClientData and reading ExtensionData of these revisions.
    pub(crate) async fn kpc(venue: &Venue, writes: &str, reads: &str) -> Self {
        let requests = Avro::of_revision("4/ESP", "ClientData", writes);
        let answers = Avro::of_revision("4/ESP", "ExtensionData", reads);
        Self::join(venue, (requests, answers), KPC_TO, KPC_REPLICA, KPC_SERVICE).await
    }

    async fn join(
        venue: &Venue,
        (requests, answers): (Avro, Avro),
        to: &'static str,
        own: &str,
        shared: &str,
    ) -> Self {
        let bus = venue.connect().await;
        let own = listen(&bus, own).await;
        let shared = listen(&bus, shared).await;
        Self { bus, requests, answers, to, own, shared }
    }

    /// Sends a message to the extension, to be answered at the subject of this replica.
    pub(crate) async fn send(&self, fields: Value) {
        let own = self.own.filter().to_string();
        self.send_to(self.to, Some(&own), fields).await;
    }

    pub(crate) async fn send_to(&self, to: &str, reply_to: Option<&str>, fields: Value) {
        self.send_bytes(to, reply_to, self.requests.write(fields)).await;
    }

    pub(crate) async fn send_bytes(&self, to: &str, reply_to: Option<&str>, datum: impl Into<bytes::Bytes>) {
        let reply_to = reply_to.map(|text| text.parse().unwrap());
        self.bus.publish(to.parse().unwrap(), reply_to, datum.into()).await.unwrap();
    }

    /// Sends a request, and the answer to it, which comes next.
    pub(crate) async fn ask(&mut self, fields: Value) -> Arrived {
        let (id, before) = (fields["correlationId"].clone(), now());
        self.send(fields).await;
        let answer = self.next().await;
        assert_eq!(answer.fields["correlationId"], id);
        let timestamp = answer.fields["timestamp"].as_i64().unwrap();
        assert!((before..=now()).contains(&timestamp), "{timestamp} is not now");
        answer
    }

    /// What arrives next for this replica.
    pub(crate) async fn next(&mut self) -> Arrived {
        let message = soon("a message to the replica", self.own.next()).await.unwrap();
        self.read(&message)
    }

    /// What arrives next for the service as a whole.
    pub(crate) async fn next_shared(&mut self) -> Arrived {
        let message = soon("a message to the service", self.shared.next()).await.unwrap();
        self.read(&message)
    }

    /// Nothing is left that the extension has sent before this was called.
    pub(crate) async fn has_no_more(&mut self, extension: &Bus) {
        extension.fence(PATIENCE).await.unwrap();
        self.bus.fence(PATIENCE).await.unwrap();
        assert_eq!(self.own.try_next().or_else(|| self.shared.try_next()), None);
    }

    fn read(&self, message: &kaa_bus::Message) -> Arrived {
        let reply_to = message.reply_to.as_ref().map(|text| String::from_utf8(text.to_vec()).unwrap());
        Arrived { fields: self.answers.read(&message.payload), reply_to }
    }
}

impl Arrived {
    /// The payload as text; `None` for null.
    pub(crate) fn payload(&self) -> Option<String> {
        text(&self.fields["payload"])
    }

    /// How the request went, in 4/ECS2EXT.
    pub(crate) fn status(&self) -> &str {
        self.fields["status"].as_str().unwrap()
    }

    /// Nothing but how it went.
    #[track_caller]
    pub(crate) fn assert_status_message(&self, status: &str) {
        assert_eq!(self.fields["status"], status, "{self:?}");
        assert!(self.fields["payload"].is_null() && self.fields["contentType"].is_null(), "{self:?}");
    }
}

async fn listen(bus: &Bus, subject: &str) -> Subscription {
    bus.subscribe(subject.parse::<kaa_bus::SubjectFilter>().unwrap(), None).await.unwrap()
}

fn text(bytes: &Value) -> Option<String> {
    let bytes = bytes.as_array()?.iter().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap());
    Some(String::from_utf8(bytes.collect()).unwrap())
}

pub(crate) fn now() -> i64 {
    kaa_bus::Clock::System.millis()
}

/// `message` with other values for some fields.
#[allow(clippy::needless_pass_by_value, reason = "reads well with json!({…})")]
pub(crate) fn with(mut message: Value, changes: Value) -> Value {
    for (field, value) in changes.as_object().unwrap() {
        assert!(message.get(field).is_some(), "no field {field}");
        message[field] = value.clone();
    }
    message
}

/// A request in 4/ECS2EXT.
pub(crate) fn inbound(correlation_id: &str, path: &str) -> Value {
    json!({
        "correlationId": correlation_id, "timestamp": now(), "timeout": 0, "appVersionToken": "app-v1",
        "endpointId": "ep-1", "contentType": "json", "payload": "[1]", "status": null, "path": path,
    })
}

/// The status message for a push, written as the published example is: its content type is empty.
pub(crate) fn status(push: &Arrived, status: &str) -> Value {
    let (id, path) = (push.fields["correlationId"].as_str(), push.fields["path"].as_str());
    let message = inbound(id.unwrap(), path.unwrap());
    with(message, json!({ "contentType": "", "payload": null, "status": status }))
}

/// A request in 4/ESP.
pub(crate) fn client_data(correlation_id: &str, path: &str) -> Value {
    json!({
        "correlationId": correlation_id, "timestamp": now(), "timeout": 0, "appVersionName": "app-v1",
        "endpointId": "ep-1", "resourcePath": path, "requestId": 7, "payload": "[1]",
    })
}
