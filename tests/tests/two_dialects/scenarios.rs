//! What the extension and its peers do with each other.

use std::time::Duration;

use kaa_bus::RequestError;
use kaa_ext::protocol::esp::Revision;
use kaa_ext::{Dialect, PushError};
use kaa_tests::avro::Avro;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::Venue;
use serde_json::{Value, json};

use crate::extension::Running;
use crate::peer::{
    Arrived, ECS_REPLICA, ECS_SERVICE, ECS_TO, KPC_REPLICA, KPC_TO, Peer, client_data, inbound, now, status,
    with,
};

/// Where requests of sessions come that are pinned to the extension.
const PINNED_ECS: &str = "kaa.v1.service.ext.ext-0";
const PINNED_KPC: &str = "kaa.v1.replica.ext-0.esp.ClientData";

const HOUR: i64 = 3_600_000;

async fn both(venue: &Venue) -> (Running, Peer) {
    (Running::start(venue.connect().await).await, Peer::ecs(venue).await)
}

pub(crate) async fn data_that_needs_no_answer_is_confirmed_by_a_status_message(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let answer = ecs.ask(inbound("c-1", "/deliver")).await;
    answer.assert_status_message("ok");
    let fields = &answer.fields;
    assert_eq!((&fields["path"], &fields["endpointId"]), (&json!("/deliver"), &json!("ep-1")));
    assert_eq!((&fields["appVersionToken"], &fields["timeout"]), (&json!("app-v1"), &json!(0)));
    assert_eq!(fields["extensionInstanceId"], "ext");
    assert_eq!(answer.reply_to, None);
    // An endpoint-unaware extension is asked without an endpoint.
    let nobody = with(inbound("c-2", "/deliver"), json!({ "endpointId": null }));
    assert!(ecs.ask(nobody).await.fields["endpointId"].is_null());
    assert_eq!(running.settled(2).await.answered, 2);
}

pub(crate) async fn payloads_go_both_ways_in_the_format_of_the_request_or_of_the_reply(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    for (path, asked_in, answered_in, payload) in [
        ("/echo", json!("json"), json!("json"), "[1]"),
        ("/echo", json!("protobuf"), json!("protobuf"), "[1]"),
        ("/echo", json!(null), json!(null), "[1]"),
        ("/echo", json!(""), json!(""), "[1]"),
        // Json knows better.
        ("/json", json!("cbor"), json!("json"), "{\"accepted\":1}"),
        ("/json", json!(null), json!("json"), "{\"accepted\":1}"),
    ] {
        let answer = ecs.ask(with(inbound("c-1", path), json!({ "contentType": asked_in }))).await;
        assert_eq!(answer.fields["contentType"], answered_in, "{path} {asked_in}");
        assert_eq!((answer.status(), answer.payload().as_deref()), ("ok", Some(payload)));
    }
    // No payload is asked as an empty one, and a status beside a payload does not make a status message.
    let empty = ecs.ask(with(inbound("c-2", "/echo"), json!({ "payload": null }))).await;
    assert_eq!((empty.status(), empty.payload().as_deref()), ("ok", Some("")));
    let beside = ecs.ask(with(inbound("c-3", "/echo"), json!({ "status": "ok" }))).await;
    assert_eq!(beside.payload().as_deref(), Some("[1]"));
    assert_eq!(running.settled(8).await.answered, 8);
}

pub(crate) async fn an_error_is_told_by_its_code_and_reason(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    for (path, expected) in [
        ("/conflict", "409 somebody was faster"),
        ("/gone", "410"),
        ("/panic", "500 Internal Server Error"),
        ("/nowhere", "404 this extension has no resource \"/nowhere\""),
        ("", "404 this extension has no resource \"\""),
    ] {
        ecs.ask(inbound("c-1", path)).await.assert_status_message(expected);
    }
    let slow = with(inbound("c-2", "/slow"), json!({ "timeout": 50 }));
    ecs.ask(slow).await.assert_status_message("504 the request was not done in time");
    for changes in [json!({ "timeout": -1 }), json!({ "timestamp": -1 }), json!({ "timeout": i64::MAX })] {
        let answer = ecs.ask(with(inbound("c-3", "/echo"), changes)).await;
        answer.assert_status_message(answer.status());
        assert!(answer.status().starts_with("400 "), "{answer:?}");
    }
    let wrong = ecs.ask(with(inbound("c-4", "/json"), json!({ "payload": "[" }))).await;
    assert!(wrong.status().starts_with("400 the payload is not the JSON expected here"), "{wrong:?}");
    let counters = running.settled(10).await;
    assert_eq!((counters.answered, counters.panicked, counters.timed_out, counters.unrouted), (10, 1, 1, 2));
}

pub(crate) async fn a_handler_sees_the_same_request_in_both_dialects(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let mut kpc = Peer::kpc(&venue, "current", "seed").await;
    let old = ecs.ask(inbound("c-1", "/who/Ada")).await;
    let new = kpc.ask(client_data("c-1", "/who/Ada")).await;
    assert_eq!(old.payload().as_deref(), Some("Ada ep-1 app-v1 [1]"));
    assert_eq!(new.payload(), old.payload());
    assert_eq!((&new.fields["statusCode"], &new.fields["requestId"]), (&json!(200), &json!(7)));
    assert_eq!(running.settled(2).await.answered, 2);
}

/// Pushes to the session that is observed, and what came to the ECS.
async fn pushed(
    running: &mut Running,
    ecs: &mut Peer,
    deadline: Duration,
) -> (Arrived, tokio::task::JoinHandle<Result<(), PushError>>) {
    ecs.ask(inbound("c-1", "/observe")).await.assert_status_message("ok");
    let session = running.session();
    let push = tokio::spawn(async move { session.push_confirmed("something new", deadline).await });
    let arrived = ecs.next().await;
    assert_eq!(arrived.payload().as_deref(), Some("something new"));
    assert_eq!((arrived.status(), &arrived.fields["path"]), ("ok", &json!("/observe")));
    assert_ne!(arrived.fields["correlationId"], "c-1");
    // Whoever waits for the status message says where it is to come.
    assert_eq!(arrived.reply_to.as_deref(), Some(PINNED_ECS));
    (arrived, push)
}

pub(crate) async fn a_push_is_confirmed_by_a_status_message(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    let (push, confirmed) = pushed(&mut running, &mut ecs, PATIENCE).await;
    ecs.send_to(PINNED_ECS, None, status(&push, "ok")).await;
    soon("the confirmation", confirmed).await.unwrap().unwrap();
    let counters = running.settled(2).await;
    assert_eq!((counters.pushed, counters.answered, counters.silent), (1, 1, 1));
    // A service that has forgotten the pin reaches the one replica there is.
    let (push, confirmed) = pushed(&mut running, &mut ecs, PATIENCE).await;
    ecs.send_to(ECS_TO, None, status(&push, "ok")).await;
    soon("the confirmation", confirmed).await.unwrap().unwrap();
}

pub(crate) async fn a_push_is_confirmed_by_an_answer_with_a_payload_too(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    let (push, confirmed) = pushed(&mut running, &mut ecs, PATIENCE).await;
    let both = with(status(&push, "ok"), json!({ "payload": "thanks", "path": "/echo" }));
    ecs.send_to(PINNED_ECS, Some(ECS_REPLICA), both).await;
    soon("the confirmation", confirmed).await.unwrap().unwrap();
    // The payload is a request like any other.
    assert_eq!(ecs.next().await.payload().as_deref(), Some("thanks"));
    assert_eq!(running.settled(2).await.answered, 2);
}

pub(crate) async fn a_push_that_was_rejected_says_how(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    for said in ["409 not now", "OK", ""] {
        let (push, confirmed) = pushed(&mut running, &mut ecs, PATIENCE).await;
        ecs.send_to(PINNED_ECS, None, status(&push, said)).await;
        let rejected = soon("the rejection", confirmed).await.unwrap().unwrap_err();
        assert!(matches!(&rejected, PushError::Rejected { status } if status == said), "{rejected}");
    }
}

pub(crate) async fn a_push_without_a_status_message_in_time_is_not_confirmed(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    let deadline = Duration::from_millis(50);
    let (push, unconfirmed) = pushed(&mut running, &mut ecs, deadline).await;
    let error = soon("the deadline", unconfirmed).await.unwrap().unwrap_err();
    assert!(matches!(error, PushError::Unconfirmed { deadline: waited } if waited == deadline), "{error}");
    // The status message that comes late is none for the next push.
    let (next, confirmed) = pushed(&mut running, &mut ecs, PATIENCE).await;
    ecs.send_to(PINNED_ECS, None, status(&push, "410 too late")).await;
    ecs.send_to(PINNED_ECS, None, status(&next, "ok")).await;
    soon("the confirmation", confirmed).await.unwrap().unwrap();
    let counters = running.settled(4).await;
    assert_eq!((counters.pushed, counters.silent, counters.malformed), (2, 2, 0));
}

pub(crate) async fn a_push_to_a_replica_that_is_gone_is_confirmed_through_another(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    ecs.send_to(ECS_TO, Some("kaa.v1.service.ecs.ecs-9"), inbound("c-1", "/observe")).await;
    running.settled(1).await;
    let session = running.session();
    for (text, redirected) in [("one", 1), ("two", 2)] {
        let session = session.clone();
        let confirmed = tokio::spawn(async move { session.push_confirmed(text, PATIENCE).await });
        let push = ecs.next_shared().await;
        assert_eq!((push.payload().as_deref(), push.reply_to.as_deref()), (Some(text), Some(PINNED_ECS)));
        ecs.send_to(PINNED_ECS, None, status(&push, "ok")).await;
        soon("the confirmation", confirmed).await.unwrap().unwrap();
        let counters = running.server.counters();
        assert_eq!((counters.redirected, counters.undeliverable), (redirected, 0));
    }
    let counters = running.settled(3).await;
    assert_eq!((counters.received, counters.malformed), (3, 0), "notes to itself are nobody's messages");
}

pub(crate) async fn status_messages_that_nobody_waits_for_are_handled_silently(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    let (push, confirmed) = pushed(&mut running, &mut ecs, PATIENCE).await;
    let stranger = Arrived { fields: inbound("nobody knows me", "/observe"), reply_to: None };
    ecs.send_to(ECS_TO, Some(ECS_REPLICA), status(&stranger, "ok")).await;
    for said in ["ok", "409 a duplicate", "ok"] {
        ecs.send_to(PINNED_ECS, Some(ECS_REPLICA), status(&push, said)).await;
    }
    soon("the confirmation", confirmed).await.unwrap().unwrap();
    // One that answers a request of the device, for which no push ever was, to a path there is not.
    let missing = with(status(&stranger, "404"), json!({ "contentType": null, "path": "/nowhere" }));
    ecs.send_to(ECS_TO, Some(ECS_REPLICA), missing).await;
    let counters = running.settled(6).await;
    assert_eq!((counters.silent, counters.answered, counters.unrouted), (5, 1, 0));
    // Nobody answers a status message.
    ecs.has_no_more(&running.bus).await;
}

pub(crate) async fn a_plain_push_binds_the_session_to_nobody(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    ecs.ask(inbound("c-1", "/observe")).await.assert_status_message("ok");
    let session = running.session();
    session.push(kaa_ext::extract::Json(json!({ "sampling": 60 }))).await.unwrap();
    let push = ecs.next().await;
    assert_eq!((push.payload().as_deref(), push.status()), (Some("{\"sampling\":60}"), "ok"));
    assert_eq!((push.reply_to.as_deref(), &push.fields["contentType"]), (None, &json!("json")));
    session.push("text").await.unwrap();
    assert!(ecs.next().await.fields["contentType"].is_null());
    // A push of nothing is a status message to the device.
    session.push(()).await.unwrap();
    ecs.next().await.assert_status_message("ok");
    assert_eq!(running.settled(1).await.pushed, 3);
}

pub(crate) async fn pushes_of_a_replica_that_starts_again_are_not_confirmed_by_old_status_messages(
    venue: Venue,
) {
    let (mut running, mut ecs) = both(&venue).await;
    let (old, _) = pushed(&mut running, &mut ecs, PATIENCE).await;
    running.server.stop().await.unwrap();
    // The same instance, the same replica.
    let mut again = Running::start(venue.connect().await).await;
    let (new, _) = pushed(&mut again, &mut ecs, PATIENCE).await;
    assert_ne!(old.fields["correlationId"], new.fields["correlationId"]);
}

pub(crate) async fn a_request_that_has_expired_is_not_handled(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let expired = json!({ "timestamp": now() - HOUR, "timeout": HOUR / 2 });
    ecs.send(with(inbound("c-1", "/echo"), expired)).await;
    let lasting = json!({ "timestamp": now() - HOUR, "timeout": 2 * HOUR });
    ecs.ask(with(inbound("c-2", "/echo"), lasting)).await;
    let eternal = json!({ "timestamp": 0, "timeout": 0 });
    ecs.ask(with(inbound("c-3", "/echo"), eternal)).await;
    let counters = running.settled(3).await;
    assert_eq!((counters.expired, counters.answered), (1, 2));
    ecs.has_no_more(&running.bus).await;
}

pub(crate) async fn an_answer_goes_where_its_request_says(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    ecs.send_to(ECS_TO, Some(ECS_REPLICA), inbound("c-1", "/echo")).await;
    assert_eq!(ecs.next().await.fields["correlationId"], "c-1");
    for (id, reply_to) in [("c-2", None), ("c-3", Some(ECS_SERVICE))] {
        ecs.send_to(ECS_TO, reply_to, inbound(id, "/echo")).await;
        assert_eq!(ecs.next_shared().await.fields["correlationId"], id);
    }
    // A tool that asks with an inbox.
    let datum = Avro::of("4/ECS2EXT", "EcsToExtensionInboundMessage").write(inbound("c-4", "/echo"));
    let answer = ecs.bus.request(ECS_TO.parse().unwrap(), datum, PATIENCE).await.unwrap();
    let fields = Avro::of("4/ECS2EXT", "EcsToExtensionOutboundMessage").read(&answer.payload);
    assert_eq!(fields["correlationId"], "c-4");
    assert_eq!(running.settled(4).await.hostile_reply_to, 0);
}

pub(crate) async fn a_hostile_return_address_is_not_used(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let hostile = [
        "$SYS.REQ.SERVER.PING",
        "$JS.API.INFO",
        "anything.else",
        "kaa.v1.service.ecs.ecs-0.more",
        "kaa.v1.events.ecs.endpoint.config",
        "kaa.v2.service.ecs.ecs-0",
        // Of the other dialect.
        KPC_REPLICA,
    ];
    for (n, reply_to) in hostile.iter().enumerate() {
        let id = format!("c-{n}");
        ecs.send_to(ECS_TO, Some(reply_to), inbound(&id, "/echo")).await;
        assert_eq!(ecs.next_shared().await.fields["correlationId"], id, "{reply_to}");
    }
    let mut kpc = Peer::kpc(&venue, "seed", "seed").await;
    kpc.send_to(KPC_TO, Some(ECS_REPLICA), client_data("c-8", "/echo")).await;
    assert_eq!(kpc.next_shared().await.fields["correlationId"], "c-8");
    let counters = running.settled(8).await;
    assert_eq!((counters.hostile_reply_to, counters.answered), (8, 8));
    ecs.has_no_more(&running.bus).await;
}

pub(crate) async fn a_pinned_session_comes_to_the_subject_of_the_replica(venue: Venue) {
    let (mut running, mut ecs) = both(&venue).await;
    let mut kpc = Peer::kpc(&venue, "seed", "seed").await;
    let pinned = ecs.ask(inbound("c-1", "/pin")).await;
    assert_eq!(pinned.reply_to.as_deref(), Some(PINNED_ECS));
    let pinned = kpc.ask(client_data("c-2", "/pin")).await;
    assert_eq!(pinned.reply_to.as_deref(), Some(PINNED_KPC));
    // Requests on these subjects are answered like all others.
    ecs.send_to(PINNED_ECS, Some(ECS_REPLICA), inbound("c-3", "/observe")).await;
    ecs.next().await.assert_status_message("ok");
    let session = running.session();
    session.pin();
    session.push("pinned").await.unwrap();
    assert_eq!(ecs.next().await.reply_to.as_deref(), Some(PINNED_ECS));
    session.unpin();
    session.push("unpinned").await.unwrap();
    assert_eq!(ecs.next().await.reply_to, None);
    kpc.send_to(PINNED_KPC, Some(KPC_REPLICA), client_data("c-4", "/echo")).await;
    assert_eq!(kpc.next().await.fields["correlationId"], "c-4");
    assert_eq!(running.settled(4).await.answered, 4);
}

pub(crate) async fn bytes_that_are_no_message_are_counted(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let codec = Avro::of("4/ECS2EXT", "EcsToExtensionInboundMessage");
    let whole = codec.write(inbound("c-1", "/echo"));
    for length in 0..whole.len() {
        ecs.send_bytes(ECS_TO, Some(ECS_REPLICA), whole.slice(..length)).await;
    }
    let others = [
        Avro::of("4/ESP", "ClientData").write(client_data("c-2", "/echo")).to_vec(),
        vec![0xff; 64],
        // A text that says it is longer than memory.
        [&[0xfe; 8][..], &[0x7f]].concat(),
    ];
    for other in &others {
        ecs.send_bytes(PINNED_ECS, Some(ECS_REPLICA), other.clone()).await;
    }
    let malformed = u64::try_from(whole.len() + others.len()).unwrap();
    let counters = running.settled(malformed).await;
    assert_eq!((counters.malformed, counters.answered), (malformed, 0));
    // A newer peer may have added a field.
    ecs.send_bytes(ECS_TO, Some(ECS_REPLICA), [&whole[..], &[0]].concat()).await;
    assert_eq!(ecs.next().await.payload().as_deref(), Some("[1]"));
    assert_eq!(running.settled(malformed + 1).await.trailing_bytes, 1);
    ecs.has_no_more(&running.bus).await;
}

pub(crate) async fn an_answer_to_another_service_on_the_bare_subject_is_not_malformed(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let response = Avro::of("5/CMX2CDP", "ConfigResponse");
    for (endpoint, content) in
        [("ep-1", json!("{}")), ("ep-1", json!(null)), ("", json!("")), ("e", json!("{}"))]
    {
        let fields = json!({
            "correlationId": "c-1", "timestamp": now(), "timeout": 0, "appVersionToken": "app-v1",
            "endpointId": endpoint, "contentType": "json", "configVersion": 7, "statusCode": 0,
            "content": content,
        });
        ecs.send_bytes(PINNED_ECS, None, response.write(fields)).await;
    }
    let counters = running.settled(4).await;
    assert_eq!((counters.malformed, counters.silent), (0, 4));
    ecs.has_no_more(&running.bus).await;
}

pub(crate) async fn both_dialects_are_served_at_the_same_moment_in_both_revisions(venue: Venue) {
    for (revision, reads) in [(Revision::Seed, "seed"), (Revision::Current, "current")] {
        let dialects = [Dialect::Esp, Dialect::Ecs2Ext];
        let running = Running::start_in(venue.connect().await, &dialects, revision).await;
        let mut ecs = Peer::ecs(&venue).await;
        let (mut old, new) =
            (Peer::kpc(&venue, "seed", reads).await, Peer::kpc(&venue, "current", reads).await);
        let ids: Vec<String> = (0..50).map(|n| format!("c-{n}")).collect();
        for id in &ids {
            ecs.send(inbound(id, "/echo")).await;
            old.send(client_data(&format!("old-{id}"), "/echo")).await;
            new.send(client_data(&format!("new-{id}"), "/echo")).await;
        }
        // Both are one replica: each hears all of its answers. Those of one sender keep their order.
        let mut answers = Vec::new();
        for _ in 0..2 * ids.len() {
            let answer = old.next().await;
            assert_eq!(
                (answer.payload().as_deref(), &answer.fields["statusCode"]),
                (Some("[1]"), &json!(200))
            );
            assert_eq!(answer.fields["extensionInstanceName"], "ext");
            answers.push(answer.fields["correlationId"].as_str().unwrap().to_owned());
        }
        for from in ["old", "new"] {
            let expected: Vec<_> = ids.iter().map(|id| format!("{from}-{id}")).collect();
            let got: Vec<_> = answers.iter().filter(|id| id.starts_with(from)).cloned().collect();
            assert_eq!(got, expected);
        }
        for id in &ids {
            let answer = ecs.next().await;
            assert_eq!((answer.fields["correlationId"].as_str(), answer.status()), (Some(id.as_str()), "ok"));
        }
        assert_eq!(running.settled(150).await.answered, 150);
        running.server.stop().await.unwrap();
    }
}

pub(crate) async fn a_success_nobody_asked_for_is_silent_in_esp_alone(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let mut kpc = Peer::kpc(&venue, "seed", "seed").await;
    let silent = |id, path| with(client_data(id, path), json!({ "requestId": null }));
    kpc.send(silent("c-1", "/deliver")).await;
    running.settled(1).await;
    let error = kpc.ask(silent("c-2", "/conflict")).await;
    assert_eq!((&error.fields["statusCode"], &error.fields["requestId"]), (&json!(409), &Value::Null));
    assert_eq!(error.fields["reasonPhrase"], "somebody was faster");
    ecs.ask(inbound("c-3", "/deliver")).await.assert_status_message("ok");
    let counters = running.settled(3).await;
    assert_eq!((counters.silent, counters.answered), (1, 2));
    kpc.has_no_more(&running.bus).await;
}

pub(crate) async fn a_push_in_esp_has_no_request_id_and_cannot_be_confirmed(venue: Venue) {
    let (mut running, _ecs) = both(&venue).await;
    let mut kpc = Peer::kpc(&venue, "seed", "seed").await;
    kpc.ask(client_data("c-1", "/observe")).await;
    let session = running.session();
    session.push("something new").await.unwrap();
    let push = kpc.next().await;
    assert_eq!(push.payload().as_deref(), Some("something new"));
    assert_eq!((&push.fields["requestId"], &push.fields["statusCode"]), (&Value::Null, &json!(200)));
    assert_eq!(
        (&push.fields["reasonPhrase"], &push.fields["resourcePath"]),
        (&Value::Null, &json!("/observe"))
    );
    assert_ne!(push.fields["correlationId"], "c-1");
    let error = session.push_confirmed("?", PATIENCE).await.unwrap_err();
    assert!(matches!(error, PushError::NoStatus), "{error}");
    assert_eq!(running.settled(1).await.pushed, 1);
    kpc.has_no_more(&running.bus).await;
}

pub(crate) async fn a_stop_answers_what_has_arrived_in_both_dialects(venue: Venue) {
    let (running, mut ecs) = both(&venue).await;
    let mut kpc = Peer::kpc(&venue, "seed", "seed").await;
    for n in 0..50 {
        let id = format!("c-{n}");
        ecs.send_to(if n % 2 == 0 { ECS_TO } else { PINNED_ECS }, Some(ECS_REPLICA), inbound(&id, "/pin"))
            .await;
        kpc.send_to(
            if n % 2 == 0 { KPC_TO } else { PINNED_KPC },
            Some(KPC_REPLICA),
            client_data(&id, "/pin"),
        )
        .await;
    }
    for peer in [&ecs, &kpc] {
        peer.bus.fence(PATIENCE).await.unwrap();
    }
    let stopped = running.server.stop().await.unwrap();
    assert_eq!((stopped.unfinished, stopped.counters.answered), (0, 100));
    for _ in 0..50 {
        ecs.next().await.assert_status_message("ok");
        assert_eq!(kpc.next().await.fields["statusCode"], 200);
    }
}

pub(crate) async fn an_extension_with_one_dialect_does_not_hear_the_other(venue: Venue) {
    for (dialect, deaf) in [(Dialect::Esp, [ECS_TO, PINNED_ECS]), (Dialect::Ecs2Ext, [KPC_TO, PINNED_KPC])] {
        let running = Running::start_in(venue.connect().await, &[dialect], Revision::Seed).await;
        let (mut ecs, mut kpc) = (Peer::ecs(&venue).await, Peer::kpc(&venue, "seed", "seed").await);
        for subject in deaf {
            let unheard = ecs.bus.request(subject.parse().unwrap(), "anything".into(), PATIENCE).await;
            assert!(matches!(unheard, Err(RequestError::NoResponders { .. })), "{subject}: {unheard:?}");
        }
        match dialect {
            Dialect::Esp => _ = kpc.ask(client_data("c-1", "/echo")).await,
            Dialect::Ecs2Ext => _ = ecs.ask(inbound("c-1", "/echo")).await,
        }
        let counters = running.server.stop().await.unwrap().counters;
        assert_eq!((counters.received, counters.answered), (1, 1));
    }
}
