//! Extensions of the first platform (4/ECS2EXT): one that is a kaa-ext extension, and one played by hand.

use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Message, Subscription};
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_ext::{Dialect, PushError};
use kaa_kpc::relay::{Counters, Relay, RelayOptions};
use kaa_protocol::avro::Record;
use kaa_protocol::ecs2ext::{EcsToExtensionInboundMessage, EcsToExtensionOutboundMessage, Revision};
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::SubjectFilter;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::world::{Client, World, assert_conserved, aware, pair, quiet, said};

async fn relay(world: &World, replica: &str) -> Relay {
    let dialects = [(ServiceInstance::from_static("ext"), Dialect::Ecs2Ext)].into();
    world.relay_with(RelayOptions { dialects, ..world.options(replica) }).await
}

/// Hands its session to the test.
#[resource("/observe")]
async fn observe(session: Session, State(sessions): State<UnboundedSender<Session>>) -> () {
    sessions.send(session).unwrap();
}

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

#[resource("/taken")]
async fn taken() -> () {}

#[resource("/fail")]
async fn fail() -> Result<(), Failure> {
    Err(Failure::not_found("no such thing"))
}

/// A replica of the extension that speaks nothing else.
async fn extension(world: &World) -> (TestKaa, UnboundedReceiver<Session>) {
    let (sessions, received) = unbounded_channel();
    let extension = Extension::new("ext").replica("ext-0").dialects([Dialect::Ecs2Ext]).state(sessions);
    let extension = extension.resources(resources![observe, echo, taken, fail]).build().unwrap();
    (TestKaa::start_on(world.server.connect(), extension).await, received)
}

#[tokio::test(start_paused = true)]
async fn requests_are_answered_as_in_the_dialect_of_today() {
    let world = World::new();
    let (relay, _extension) = (relay(&world, "kpc-0").await, extension(&world).await);
    let mut client = Client::of(&relay);
    for (rest, answer) in [
        ("ep-1/echo/03", pair("ep-1/echo/03/status", "hello")),
        ("ep-1/taken/4", pair("ep-1/taken/4/status", "")),
        ("ep-1/fail/5", pair("ep-1/fail/5/error", "404")),
        ("ep-1/fail", pair("ep-1/fail/error", "404")),
        ("ep-1/nothing/6", pair("ep-1/nothing/6/error", "404")),
    ] {
        client.ask(rest, "hello");
        assert_eq!(client.next().await, answer);
    }
    client.ask("ep-1/echo", "hello");
    client.ask_unaware("echo/7");
    assert_eq!(client.all().await, [pair("echo/7/status", "")]);
    let answer = relay.ask(&aware("kp1/v1/ext/ep-1/fail", "")).await;
    assert_eq!((answer.status_code, &*answer.reason_phrase), (404, "no such thing"));
    let counters = assert_conserved(&relay);
    assert_eq!((counters.answered, counters.silent, counters.malformed), (7, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn nobody_serving_is_known_at_once_in_both_dialects() {
    let world = World::new();
    let relay = relay(&world, "kpc-0").await;
    let today = Extension::new("today").replica("today-0").resources(resources![echo]).build().unwrap();
    let _today = TestKaa::start_on(world.server.connect(), today).await;
    let ask = async |topic| said(&relay.ask(&aware(topic, "hello")).await);
    // Answers in the other dialect do not make the notices unbelievable.
    for _ in 0..10 {
        let (old, new) = tokio::join!(ask("kp1/v1/ext/ep-1/echo"), ask("kp1/v1/today/ep-1/echo"));
        assert_eq!((&*old, &*new), ("503", "hello"));
    }
    let counters = assert_conserved(&relay);
    assert_eq!((counters.refused, counters.answered, counters.unknown_notices), (10, 10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_push_is_confirmed_once_it_is_on_its_way_to_the_client() {
    let world = World::new();
    let relay = relay(&world, "kpc-0").await;
    let (_server, mut sessions) = extension(&world).await;
    let mut client = Client::of(&relay);
    client.ask("ep-1/observe/1", "");
    assert_eq!(client.next().await, pair("ep-1/observe/1/status", ""));
    let session = sessions.try_recv().unwrap();
    session.push_confirmed("news", Duration::from_secs(1)).await.unwrap();
    assert_eq!(client.all().await, [pair("ep-1/observe/status", "news")]);
    // Nobody waits for this one's confirmation; it comes all the same.
    session.push("more").await.unwrap();
    assert_eq!(client.all().await, [pair("ep-1/observe/status", "more")]);
    drop(client);
    let rejected = session.push_confirmed("lost", Duration::from_secs(1)).await.unwrap_err();
    assert!(
        matches!(&rejected, PushError::Rejected { status } if status == "404 the endpoint is not connected")
    );
    let counters = assert_conserved(&relay);
    assert_eq!((counters.pushed, counters.confirmed, counters.hostile_reply_to), (2, 3, 0));
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_the_one_with_the_endpoint_confirms_and_the_other_says_nothing() {
    let world = World::new();
    let relays = [relay(&world, "kpc-0").await, relay(&world, "kpc-1").await];
    let (_server, mut sessions) = extension(&world).await;
    let mut clients = relays.each_ref().map(Client::of);
    clients[0].ask("ep-1/observe/1", "");
    clients[0].next().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    clients[1].ask("ep-1/echo/2", "");
    clients[1].next().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The session still leads to the replica that the endpoint has left.
    let session = sessions.try_recv().unwrap();
    session.push_confirmed("news", Duration::from_secs(1)).await.unwrap();
    assert_eq!(clients[1].all().await, [pair("ep-1/observe/status", "news")]);
    assert_eq!(clients[0].all().await, []);
    let counters = relays.each_ref().map(Relay::counters);
    assert_eq!(counters.map(|counters| counters.confirmed), [0, 1]);
    drop(clients);
    tokio::time::sleep(Duration::from_secs(1)).await;
    // Where there may be another one, nobody knows that an endpoint is connected to nobody.
    let silence = session.push_confirmed("lost", Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(silence, PushError::Unconfirmed { .. }), "{silence}");
}

/// An extension of the first platform, played by hand.
struct Old {
    bus: Bus,
    requests: Subscription,
}

impl Old {
    async fn new(world: &World) -> Self {
        let bus = world.server.connect();
        let filter: SubjectFilter = "kaa.v1.service.ext".parse().unwrap();
        let requests = bus.subscribe(filter, None).await.unwrap();
        Self { bus, requests }
    }

    async fn next(&mut self) -> Message {
        let message = tokio::time::timeout(Duration::from_secs(60), self.requests.next()).await;
        message.expect("a message comes").unwrap()
    }

    async fn send(&self, message: &EcsToExtensionOutboundMessage<'_>, reply_to: Option<&str>) {
        let subject = "kaa.v1.service.kpc.kpc-0".parse().unwrap();
        let reply_to = reply_to.map(|text| text.parse().unwrap());
        self.bus.publish(subject, reply_to, message.encode(Revision::Seed).unwrap()).await.unwrap();
    }
}

fn read(datum: &Bytes) -> EcsToExtensionInboundMessage<'_> {
    EcsToExtensionInboundMessage::decode_strict(datum).unwrap()
}

fn answer<'a>(request: &EcsToExtensionInboundMessage<'a>) -> EcsToExtensionOutboundMessage<'a> {
    EcsToExtensionOutboundMessage {
        correlation_id: request.correlation_id,
        timestamp: request.timestamp,
        timeout: 0,
        app_version_token: request.app_version_token,
        extension_instance_id: "ext",
        endpoint_id: request.endpoint_id,
        content_type: Some(""),
        payload: None,
        status: Some("ok"),
        path: request.path,
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_says_who_asks_and_where_the_answer_goes() {
    let world = World::new();
    let (relay, mut old) = (relay(&world, "kpc-0").await, Old::new(&world).await);
    let client = Client::of(&relay);
    client.ask("ep-1/push/json/03", "[1]");
    let message = old.next().await;
    assert_eq!(message.reply_to.as_deref(), Some(&b"kaa.v1.service.kpc.kpc-0"[..]));
    let request = read(&message.payload);
    assert_eq!((request.app_version_token, request.endpoint_id), ("v1", Some("ep-1")));
    assert_eq!((request.path, request.payload), ("/push/json", Some(&b"[1]"[..])));
    assert_eq!((request.content_type, request.status, request.timeout), (None, None, 30_000));
    assert!(request.correlation_id.starts_with("kpc-0-"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_read_by_its_status_text() {
    let world = World::new();
    let (relay, mut old) = (relay(&world, "kpc-0").await, Old::new(&world).await);
    let mut client = Client::of(&relay);
    for (status, payload, level, told) in [
        (Some("ok"), None, "status", ""),
        (Some("ok"), Some(&b"data"[..]), "status", "data"),
        (None, Some(&b"data"[..]), "status", "data"),
        (None, None, "status", ""),
        (Some("204 nothing new"), None, "status", ""),
        (Some("409 somebody was faster"), Some(&b"data"[..]), "error", "409"),
        (Some("OK"), None, "error", "500"),
        (Some(""), None, "error", "500"),
    ] {
        client.ask("ep-1/echo/7", "");
        let message = old.next().await;
        let request = read(&message.payload);
        old.send(&EcsToExtensionOutboundMessage { status, payload, ..answer(&request) }, None).await;
        let expected = pair(&format!("ep-1/echo/7/{level}"), told);
        assert_eq!(client.all().await, [expected], "{status:?}");
        // A second answer is none.
        old.send(&answer(&request), None).await;
    }
    quiet().await;
    let counters = assert_conserved(&relay);
    assert_eq!((counters.answered, counters.late, counters.pushed), (8, 8, 0));
}

#[tokio::test(start_paused = true)]
async fn what_answers_nothing_is_counted_and_delivered_to_nobody() {
    let world = World::new();
    let (relay, mut old) = (relay(&world, "kpc-0").await, Old::new(&world).await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/7", "");
    let message = old.next().await;
    let request = read(&message.payload);
    let right = answer(&request);
    for wrong in [
        EcsToExtensionOutboundMessage { endpoint_id: Some("ep-2"), ..right },
        EcsToExtensionOutboundMessage { extension_instance_id: "other", ..right },
        // A status message about nothing that was sent.
        EcsToExtensionOutboundMessage { correlation_id: "somebody-else", ..right },
        // An error that is no answer.
        EcsToExtensionOutboundMessage {
            correlation_id: "somebody-else",
            payload: Some(b"x"),
            status: Some("500"),
            ..right
        },
    ] {
        old.send(&wrong, None).await;
    }
    let bytes = [&right.encode(Revision::Seed).unwrap()[..30], b""].concat();
    old.bus.publish("kaa.v1.service.kpc".parse().unwrap(), None, bytes.into()).await.unwrap();
    assert_eq!(client.all().await, []);
    let Counters { stray, malformed, confirmed, .. } = relay.counters();
    assert_eq!((stray, malformed, confirmed), (4, 1, 0));
    old.send(&right, None).await;
    assert_eq!(client.all().await, [pair("ep-1/echo/7/status", "")]);
    assert_conserved(&relay);
}

#[tokio::test(start_paused = true)]
async fn the_status_of_a_push_goes_to_who_asks_for_it_and_to_no_stranger() {
    let world = World::new();
    let (relay, mut old) = (relay(&world, "kpc-0").await, Old::new(&world).await);
    let mut replica =
        old.bus.subscribe("kaa.v1.service.ext.ext-9".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/7", "");
    let message = old.next().await;
    let push = EcsToExtensionOutboundMessage {
        correlation_id: "push-1",
        payload: Some(b"new"),
        status: None,
        ..answer(&read(&message.payload))
    };
    old.send(&push, Some("kaa.v1.service.ext.ext-9")).await;
    assert_eq!(client.next().await, pair("ep-1/echo/status", "new"));
    let status = tokio::time::timeout(Duration::from_secs(1), replica.next()).await.unwrap().unwrap();
    let told = read(&status.payload);
    assert_eq!((told.correlation_id, told.status, told.path), ("push-1", Some("ok"), "/echo"));
    assert_eq!((told.payload, told.content_type, status.reply_to.as_ref()), (None, None, None));
    // The session is bound to nobody by that.
    client.ask("ep-1/echo/8", "");
    assert_eq!(read(&old.next().await.payload).path, "/echo");
    let strangers = ["$SYS.REQ", "_INBOX.a.1", "kaa.v1.service.other.o-1", "kaa.v1.replica.r.esp.ClientData"];
    for hostile in strangers {
        old.send(&push, Some(hostile)).await;
        let status = old.next().await;
        assert_eq!(read(&status.payload).status, Some("ok"), "{hostile}: to the extension as a whole");
    }
    assert_eq!(relay.counters().hostile_reply_to, strangers.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn a_push_that_its_client_does_not_take_is_told_as_an_error() {
    let world = World::new();
    let dialects = [(ServiceInstance::from_static("ext"), Dialect::Ecs2Ext)].into();
    let options = RelayOptions { dialects, outbox: 1, ..world.options("kpc-0") };
    let (relay, mut old) = (world.relay_with(options).await, Old::new(&world).await);
    let client = Client::of(&relay);
    client.ask("ep-1/echo/7", "");
    let message = old.next().await;
    let push = EcsToExtensionOutboundMessage {
        correlation_id: "push-1",
        payload: Some(b"new"),
        ..answer(&read(&message.payload))
    };
    for status in ["ok", "503 the client of the endpoint takes nothing any more"] {
        old.send(&push, None).await;
        assert_eq!(read(&old.next().await.payload).status, Some(status));
    }
    assert_eq!(relay.counters().lagged, 1);
}
