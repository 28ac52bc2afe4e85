//! A replica is lost, and nobody notices.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use kaa_ext::bus::Subscription;
use kaa_ext::testing::Device;
use serde_json::{Value, json};

use super::{Stage, is};

const SUBJECT: &str = "kaa.v1.events.cmx.endpoint.config.observation";

/// Longer than a dead replica is waited for.
const SUCCESSION: Duration = Duration::from_secs(10);

async fn observers(stage: &Stage, replica: usize, endpoints: usize) -> Vec<Device> {
    let mut devices = Vec::new();
    for n in 0..endpoints {
        let device = stage.kaa.endpoint(&format!("ep-{n}"));
        stage.ask(replica, &device, json!({ "observe": true })).await.assert_status(200);
        devices.push(device);
    }
    devices
}

/// Everybody gets something new, once.
async fn everybody_is_pushed(stage: &Stage, devices: &mut [Device], id: &str) {
    let before = stage.pushed();
    for n in 0..devices.len() {
        stage.store.set(&format!("ep-{n}"), None, id, "{}");
        stage.hint(&format!("ep-{n}")).await;
    }
    for device in devices.iter_mut() {
        device.next_push().await.assert_json(is(id, &json!({})));
    }
    stage.quiet().await;
    assert_eq!(stage.pushed() - before, devices.len() as u64, "each is pushed once");
}

async fn notices(stage: &Stage) -> Subscription {
    stage.kaa.bus().subscribe(SUBJECT.parse::<kaa_ext::bus::SubjectFilter>().unwrap(), None).await.unwrap()
}

async fn say(stage: &Stage, notice: impl Into<Vec<u8>>) {
    stage.kaa.bus().publish(SUBJECT.parse().unwrap(), None, notice.into().into()).await.unwrap();
}

/// What was said so far, of one kind.
fn said(notices: &mut Subscription, kind: &str) -> Vec<Value> {
    let mut said = Vec::new();
    while let Some(message) = notices.try_next() {
        let notice: Value = serde_json::from_slice(&message.payload).unwrap();
        if notice["notice"] == kind {
            said.push(notice);
        }
    }
    said
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_replica_had_is_pushed_by_the_others() {
    let mut stage = Stage::of(3).await;
    // Who inherits which is drawn. That one of two gets nothing happens once in 2^39 runs.
    let mut devices = observers(&stage, 0, 40).await;
    stage.quiet().await;
    stage.replicas.remove(0).die().await;
    // Nobody alive has the observations when this is announced.
    everybody_is_pushed(&stage, &mut devices, "1").await;
    everybody_is_pushed(&stage, &mut devices, "2").await;
    let shares: Vec<_> = stage.replicas.iter().map(|replica| replica.running.counters().pushed).collect();
    assert!(shares.iter().all(|share| *share >= 2), "they share what is left: {shares:?}");
}

#[tokio::test(start_paused = true)]
async fn who_has_the_latest_is_not_pushed_it_again_when_its_replica_dies() {
    let mut stage = Stage::of(2).await;
    stage.store.set("ep-0", None, "1", "{}");
    let mut devices = observers(&stage, 0, 2).await;
    everybody_is_pushed(&stage, &mut devices, "2").await;
    stage.replicas.remove(0).die().await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_says_goodbye_is_succeeded_at_once() {
    let mut stage = Stage::of(2).await;
    let mut devices = observers(&stage, 0, 3).await;
    stage.replicas.remove(0).stop().await;
    stage.store.set("ep-0", None, "1", "{}");
    stage.hint("ep-0").await;
    let pushed = tokio::time::timeout(Duration::from_millis(500), devices[0].next_push()).await;
    pushed.unwrap().assert_json(is("1", &json!({})));
}

#[tokio::test(start_paused = true)]
async fn replicas_that_are_restarted_one_after_the_other_lose_nothing() {
    let mut stage = Stage::of(2).await;
    // More than are told of at once.
    let mut devices = observers(&stage, 0, 600).await;
    for restart in 0..4 {
        stage.replicas.remove(0).stop().await;
        let replica = stage.replica(2 + restart).await;
        stage.replicas.push(replica);
        if restart % 2 == 0 {
            tokio::time::sleep(SUCCESSION).await;
        }
    }
    everybody_is_pushed(&stage, &mut devices, "1").await;
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_stopped_while_it_tells_a_newcomer_tells_it_everything() {
    let mut stage = Stage::of(1).await;
    let mut devices = observers(&stage, 0, 600).await;
    let newcomer = stage.replica(1).await;
    stage.replicas.push(newcomer);
    let mut notices = notices(&stage).await;
    notices.next().await.unwrap();
    stage.replicas.remove(0).stop().await;
    everybody_is_pushed(&stage, &mut devices, "1").await;
}

#[tokio::test(start_paused = true)]
async fn replicas_that_claim_the_same_settle_on_one() {
    let stage = Stage::of(2).await;
    let mut notices = notices(&stage).await;
    let mut devices: Vec<_> = (0..30).map(|n| stage.kaa.endpoint(&format!("ep-{n}"))).collect();
    for device in &devices {
        for replica in 0..2 {
            stage.ask(replica, device, json!({ "observe": true })).send().await;
        }
    }
    stage.quiet().await;
    let mut claimants = HashMap::<String, BTreeSet<String>>::new();
    for notice in said(&mut notices, "observed") {
        let text = |field: &str| notice[field].as_str().unwrap().to_owned();
        claimants.entry(text("endpointId")).or_default().insert(text("replica"));
    }
    assert!(claimants.len() == 30 && claimants.values().all(|both| both.len() == 2), "{claimants:?}");
    everybody_is_pushed(&stage, &mut devices, "1").await;
}

#[tokio::test(start_paused = true)]
async fn what_its_heir_does_not_claim_another_one_does() {
    let mut stage = Stage::of(3).await;
    let mut devices = observers(&stage, 0, 30).await;
    stage.replicas.remove(0).die().await;
    // A third heir says that it is there, and claims nothing.
    for _ in 0..20 {
        say(&stage, r#"{"replica":"ghost","notice":"alive"}"#).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    everybody_is_pushed(&stage, &mut devices, "1").await;
}

#[tokio::test(start_paused = true)]
async fn who_believes_to_have_what_another_has_is_told() {
    let stage = Stage::of(1).await;
    let mut notices = notices(&stage).await;
    let mut devices = observers(&stage, 0, 1).await;
    stage.quiet().await;
    let real = said(&mut notices, "observed").pop().unwrap();
    let mut lesser = real.clone();
    lesser["replica"] = json!("stranger");
    lesser["since"] = json!(real["since"].as_i64().unwrap() - 1);
    lesser["told"] = json!("an older one");
    say(&stage, r#"{"replica":"stranger","notice":"alive"}"#).await;
    stage.quiet().await;
    said(&mut notices, "observed");
    say(&stage, lesser.to_string()).await;
    stage.quiet().await;
    let told = said(&mut notices, "observed").pop().unwrap();
    assert_eq!((&told["replica"], &told["since"]), (&real["replica"], &real["since"]));
    // It may have told the endpoint something last, so the endpoint is sent the latest.
    devices[0].next_push().await.assert_json(is("", &json!(null)));
    assert_eq!(stage.pushed(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_observe_any_more_is_not_pushed_when_a_replica_dies() {
    let mut stage = Stage::of(3).await;
    let devices = observers(&stage, 0, 1).await;
    stage.ask(1, &devices[0], json!({ "observe": false })).await.assert_status(200);
    stage.replicas.remove(0).die().await;
    stage.quiet().await;
    stage.store.set("ep-0", None, "1", "{}");
    stage.hint("ep-0").await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_taken_for_dead_who_could_not_be_heard() {
    let stage = Stage::of(2).await;
    let mut devices = observers(&stage, 0, 20).await;
    let mut notices = notices(&stage).await;
    // All connections are lost for a while, the one of the test too.
    stage.bus_server.stop();
    tokio::time::sleep(SUCCESSION * 2).await;
    stage.bus_server.start();
    tokio::time::sleep(SUCCESSION).await;
    assert_eq!(said(&mut notices, "observed"), Vec::<Value>::new(), "nobody claims anything");
    everybody_is_pushed(&stage, &mut devices, "1").await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_not_heard_of_is_forgotten_in_time_whoever_has_it() {
    let settings = crate::Settings { endpoint_ttl: Duration::from_secs(100), ..crate::Settings::default() };
    let mut stage = Stage::with(2, settings).await;
    observers(&stage, 0, 1).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    stage.replicas.remove(0).stop().await;
    let newcomer = stage.replica(2).await;
    stage.replicas.push(newcomer);
    tokio::time::sleep(Duration::from_secs(20)).await;
    stage.replicas.remove(0).stop().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    stage.store.set("ep-0", None, "1", "{}");
    stage.hint("ep-0").await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_notice_changes_nothing() {
    let stage = Stage::of(2).await;
    let mut notices = notices(&stage).await;
    let mut devices = observers(&stage, 0, 2).await;
    tokio::time::sleep(SUCCESSION).await;
    let real = said(&mut notices, "observed").pop().unwrap();
    let with = |changes: Value| {
        let mut notice = real.clone();
        notice["replica"] = json!("stranger");
        notice["since"] = json!(real["since"].as_i64().unwrap() + 60_000);
        notice.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        notice.to_string()
    };
    let ended = |replica: Value, since: Value| {
        json!({ "replica": replica, "notice": "ended", "endpointId": "ep-1", "since": since }).to_string()
    };
    for notice in [
        String::new(),
        "{".to_owned(),
        "[".repeat(8000),
        with(json!({ "padding": "x".repeat(8 * 1024) })),
        with(json!({ "since": i64::MAX })),
        with(json!({ "since": "now" })),
        with(json!({ "endpointId": "ep-0" })),
        with(json!({ "endpointId": "*" })),
        with(json!({ "notice": "observe" })),
        with(json!({ "session": { "endpointId": "ep-1" } })),
        ended(json!("stranger"), json!(i64::MAX)),
        ended(json!("stranger"), json!(0)),
        ended(json!(">"), real["since"].clone()),
        ended(json!(7), real["since"].clone()),
    ] {
        say(&stage, notice).await;
    }
    everybody_is_pushed(&stage, &mut devices, "1").await;

    // The same is believed when nothing is wrong with it, and fields of a later version are passed over.
    say(&stage, with(json!({ "aField": [1, 2], "unheardMillis": 1 }))).await;
    stage.store.set("ep-1", None, "2", "{}");
    stage.hint("ep-1").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.pushed(), 2, "the stranger has it");
    devices[1].next_push().await.assert_json(is("2", &json!({})));
}
