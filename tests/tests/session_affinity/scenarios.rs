//! What happens in the cluster.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use kaa_ext::{Session, StoredSession};
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::{Venue, until};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::communication::Delivery;

/// Enough that a server which chooses at random has not chosen one replica for all of them.
const MANY: usize = 40;

fn endpoints(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}-{n}")).collect()
}

/// Which communication replica the device is connected to.
fn home(n: usize) -> usize {
    n % 2
}

/// Connects devices to both communication replicas and pins each to the replica that happens to answer.
async fn pinned(cluster: &mut Cluster) -> HashMap<String, (usize, String)> {
    let mut pins = HashMap::new();
    for (n, endpoint) in endpoints("pinned", MANY).into_iter().enumerate() {
        cluster.kpc(home(n)).connect(&endpoint);
        let pinned = cluster.ask(home(n), &endpoint, "/pin").await;
        let subject = format!("kaa.v1.replica.{}.esp.ClientData", pinned.payload);
        assert_eq!(cluster.kpc(home(n)).pin(&endpoint), Some(subject));
        pins.insert(endpoint, (home(n), pinned.payload));
    }
    let replicas: HashSet<&str> = pins.values().map(|(_, replica)| replica.as_str()).collect();
    assert_eq!(replicas.len(), 2, "both replicas have sessions");
    pins
}

/// The session that `endpoint` gets at the extension replica `ext`, pinned or not.
async fn session_at(cluster: &mut Cluster, kpc: usize, endpoint: &str, path: &str, ext: usize) -> Session {
    loop {
        // A device that connects anew is not pinned.
        cluster.kpc(kpc).connect(endpoint);
        let replica = cluster.ask(kpc, endpoint, path).await.payload;
        if replica == cluster.ext(ext).name {
            return cluster.ext(ext).last_session();
        }
    }
}

/// The next deliveries, which are pushes to one endpoint.
async fn pushes(cluster: &mut Cluster, count: usize) -> Vec<Delivery> {
    let mut pushes = Vec::new();
    for _ in 0..count {
        let push = cluster.next().await;
        assert_eq!(push.answers, None, "{push:?}");
        pushes.push(push);
    }
    pushes
}

fn payloads(pushes: &[Delivery]) -> Vec<&str> {
    pushes.iter().map(|push| push.payload.as_str()).collect()
}

/// Through JSON, as a store would have it.
fn through_a_store(session: &Session) -> StoredSession {
    let row = serde_json::to_vec(&session.store()).unwrap();
    serde_json::from_slice(&row).unwrap()
}

pub(crate) async fn pinned_sessions_stay_with_their_replica_and_the_others_are_shared(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let pins = pinned(&mut cluster).await;
    for _ in 0..3 {
        for (endpoint, (kpc, replica)) in &pins {
            let answer = cluster.ask(*kpc, endpoint, "/pin").await;
            assert_eq!((&answer.payload, answer.is_service_wide), (replica, false));
        }
    }
    let mut handled = HashMap::<String, usize>::new();
    for (n, endpoint) in endpoints("free", MANY).iter().enumerate() {
        cluster.kpc(home(n)).connect(endpoint);
        let answer = cluster.ask(home(n), endpoint, "/who").await;
        assert_eq!(cluster.kpc(home(n)).pin(endpoint), None);
        *handled.entry(answer.payload).or_default() += 1;
    }
    assert_eq!(handled.len(), 2, "both replicas get unpinned requests: {handled:?}");
    // An answer without a pin ends it.
    let (endpoint, (kpc, _)) = pins.iter().next().unwrap();
    cluster.ask(*kpc, endpoint, "/who").await;
    assert_eq!(cluster.kpc(*kpc).pin(endpoint), None);
    let answered: u64 = [0, 1].map(|n| cluster.ext[n].as_ref().unwrap().counters().answered).iter().sum();
    assert_eq!(answered, 5 * 40 + 1);
    for n in [0, 1] {
        let counters = cluster.ext(n).counters();
        assert_eq!((counters.redirected, counters.undeliverable), (0, 0));
    }
}

pub(crate) async fn sessions_of_a_killed_extension_replica_fall_back_to_the_other(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let pins = pinned(&mut cluster).await;
    let before = cluster.ext(1).counters().answered;
    cluster.kill_ext(0).await;
    for (endpoint, (kpc, replica)) in &pins {
        let fallen_back = cluster.kpc(*kpc).fallen_back();
        let answer = cluster.ask(*kpc, endpoint, "/pin").await;
        assert_eq!(answer.payload, "ext-1");
        let expected = fallen_back + u64::from(replica == "ext-0");
        assert_eq!(cluster.kpc(*kpc).fallen_back(), expected, "only theirs have to fall back");
    }
    // Now they are pinned to the one that is left.
    let fallen_back = [cluster.kpc(0).fallen_back(), cluster.kpc(1).fallen_back()];
    for (endpoint, (kpc, _)) in &pins {
        assert_eq!(cluster.ask(*kpc, endpoint, "/pin").await.payload, "ext-1");
    }
    assert_eq!([cluster.kpc(0).fallen_back(), cluster.kpc(1).fallen_back()], fallen_back);
    assert_eq!(cluster.ext(1).settled().await.answered, before + 2 * 40);
    cluster.nothing_more().await;
}

pub(crate) async fn answers_to_a_killed_communication_replica_arrive_through_the_other_exactly_once(
    venue: Venue,
) {
    let mut cluster = Cluster::start(venue).await;
    let mut expected = HashMap::new();
    for (n, endpoint) in endpoints("held", MANY).into_iter().enumerate() {
        cluster.kpc(home(n)).connect(&endpoint);
        let id = cluster.kpc(home(n)).ask(&endpoint, "/hold");
        expected.insert(id, (endpoint, home(n)));
    }
    let mut held = [0, 0];
    until_held(&mut cluster, &mut held, MANY).await;

    cluster.kill_kpc(0).await;
    for (endpoint, _) in expected.values() {
        // The devices of the one that is gone connect to the other.
        if !expected.values().any(|(other, home)| other == endpoint && *home == 1) {
            cluster.kpc(1).connect(endpoint);
        }
    }
    cluster.ext(0).release(held[0]);
    cluster.ext(1).release(held[1]);
    for _ in 0..MANY {
        let answer = cluster.next().await;
        let (endpoint, home) = expected.remove(answer.answers.as_ref().unwrap()).unwrap();
        assert_eq!((answer.endpoint, answer.by), (endpoint, "kpc-1"));
        assert_eq!(answer.is_service_wide, home == 0, "only those whose replica is gone");
    }
    cluster.nothing_more().await;
    let (one, two) = (cluster.ext(0).settled().await, cluster.ext(1).settled().await);
    assert_eq!(one.answered + two.answered, 40);
    assert_eq!(one.redirected + two.redirected, 20);
    assert_eq!(one.undeliverable + two.undeliverable, 0);
}

/// Waits until all requests are in a handler, and counts at which replica.
async fn until_held(cluster: &mut Cluster, held: &mut [usize; 2], all: usize) {
    let received = |cluster: &Cluster| {
        cluster.ext.iter().flatten().map(|replica| replica.counters().received).sum::<u64>()
    };
    until("all requests to arrive", || received(cluster) >= u64::try_from(all).unwrap()).await;
    for n in [0, 1] {
        let replica = cluster.ext(n);
        while held[n] < usize::try_from(replica.counters().in_flight()).unwrap() {
            replica.holds().await;
            held[n] += 1;
            held[n] += replica.held();
        }
    }
    assert_eq!(held[0] + held[1], all);
}

pub(crate) async fn pushes_to_a_killed_communication_replica_arrive_through_the_other_in_their_order(
    venue: Venue,
) {
    let mut cluster = Cluster::start(venue).await;
    let session = session_at(&mut cluster, 0, "ep-1", "/pin", 0).await;
    let neighbour = session_at(&mut cluster, 1, "ep-2", "/pin", 0).await;
    let mut expected = Vec::new();
    let mut got = Vec::new();
    for n in 0..10 {
        expected.push(format!("{n}"));
        session.push(format!("{n}")).await.unwrap();
    }
    got.extend(pushes(&mut cluster, 10).await);
    assert!(got.iter().all(|push| push.by == "kpc-0" && !push.is_service_wide));

    cluster.kpc(1).connect("ep-1");
    cluster.kill_kpc(0).await;
    for n in 10..60 {
        expected.push(format!("{n}"));
        session.push(format!("{n}")).await.unwrap();
        if n == 30 {
            // Now the extension has heard of it.
            got.push(cluster.next().await);
        }
    }
    got.extend(pushes(&mut cluster, expected.len() - got.len()).await);
    assert_eq!(payloads(&got), expected);
    assert!(got[10..].iter().all(|push| push.by == "kpc-1" && push.is_service_wide));

    neighbour.push("to a replica that is there").await.unwrap();
    let push = cluster.next().await;
    assert_eq!((push.endpoint.as_str(), push.is_service_wide), ("ep-2", false));
    cluster.nothing_more().await;
    let counters = cluster.ext(0).counters();
    assert_eq!((counters.pushed, counters.redirected, counters.undeliverable), (61, 50, 0));
}

pub(crate) async fn pushes_while_a_communication_replica_dies_arrive_at_most_once_and_in_order(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let session = session_at(&mut cluster, 0, "ep-1", "/pin", 0).await;
    cluster.kpc(1).connect("ep-1");
    let stop = Arc::new(AtomicBool::new(false));
    let pushing = tokio::spawn({
        let (session, bus, stop) = (session.clone(), cluster.ext(0).bus().clone(), stop.clone());
        async move {
            let mut pushed: usize = 0;
            while !stop.load(Relaxed) {
                session.push(format!("{pushed}")).await.unwrap();
                pushed += 1;
                // So that never more are on their way than the extension keeps.
                tokio::task::yield_now().await;
                if pushed.is_multiple_of(100) {
                    bus.fence(PATIENCE).await.unwrap();
                }
            }
            pushed
        }
    });
    let mut got = Vec::new();
    while got.len() < 200 {
        got.extend(pushes(&mut cluster, 1).await);
    }
    cluster.kill_kpc(0).await;
    stop.store(true, Relaxed);
    let pushed = soon("all pushes", pushing).await.unwrap();
    session.push("the last").await.unwrap();
    while got.last().is_none_or(|push| push.payload != "the last") {
        got.extend(pushes(&mut cluster, 1).await);
    }
    cluster.nothing_more().await;
    got.pop();
    let of = |by: &str| -> Vec<usize> {
        got.iter().filter(|push| push.by == by).map(|push| push.payload.parse().unwrap()).collect()
    };
    let (before, after) = (of("kpc-0"), of("kpc-1"));
    assert!(before.is_sorted_by(|one, next| one < next) && after.is_sorted_by(|one, next| one < next));
    assert!(before.last().unwrap() < after.first().unwrap_or(&pushed), "nothing twice");
    // What the dead replica was given and did not get to is lost; nothing else is.
    assert_eq!(after, (pushed - after.len()..pushed).collect::<Vec<_>>());
    let counters = cluster.ext(0).counters();
    assert_eq!(counters.redirected, u64::try_from(after.len() + 1).unwrap());
    assert_eq!(counters.undeliverable, 0);
}

pub(crate) async fn pushes_that_found_nobody_are_saved_by_an_extension_that_is_stopped(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let session = session_at(&mut cluster, 0, "ep-1", "/pin", 0).await;
    cluster.kpc(1).connect("ep-1");
    cluster.kill_kpc(0).await;
    for n in 0..10 {
        session.push(format!("{n}")).await.unwrap();
    }
    let counters = cluster.ext[0].take().unwrap().stop().await;
    assert_eq!((counters.pushed, counters.redirected, counters.undeliverable), (10, 10, 0));
    let expected: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(payloads(&pushes(&mut cluster, 10).await), expected);
    cluster.nothing_more().await;
}

pub(crate) async fn a_push_without_a_pin_is_lost_with_its_replica_until_that_is_known_to_be_gone(
    venue: Venue,
) {
    let mut cluster = Cluster::start(venue).await;
    let free = session_at(&mut cluster, 0, "ep-1", "/observe", 0).await;
    let pinned = session_at(&mut cluster, 0, "ep-2", "/pin", 0).await;
    for endpoint in ["ep-1", "ep-2"] {
        cluster.kpc(1).connect(endpoint);
    }
    cluster.kill_kpc(0).await;
    free.push("nobody is told of this").await.unwrap();
    cluster.nothing_more().await;
    for (session, payload) in [(&pinned, "of this somebody is"), (&free, "now it is known")] {
        session.push(payload).await.unwrap();
        assert_eq!(payloads(&pushes(&mut cluster, 1).await), [payload]);
    }
    assert_eq!(cluster.kpc(1).pin("ep-1"), None);
    let counters = cluster.ext(0).counters();
    assert_eq!((counters.pushed, counters.redirected, counters.undeliverable), (3, 2, 0));
}

pub(crate) async fn an_extension_replica_that_starts_again_under_its_name_has_its_sessions(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let pins = pinned(&mut cluster).await;
    cluster.kill_ext(0).await;
    cluster.start_ext(0).await;
    for (endpoint, (kpc, replica)) in &pins {
        assert_eq!(cluster.ask(*kpc, endpoint, "/pin").await.payload, *replica);
    }
    assert_eq!([cluster.kpc(0).fallen_back(), cluster.kpc(1).fallen_back()], [0, 0]);
}

pub(crate) async fn one_of_each_killed_at_once_is_replaced_by_the_other(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let pins = pinned(&mut cluster).await;
    let session = session_at(&mut cluster, 0, "ep-1", "/pin", 1).await;
    let (kpc, ext) = (cluster.kpc[0].take().unwrap(), cluster.ext[0].take().unwrap());
    let gone = [kpc.return_path(), ext.pinned()];
    tokio::join!(kpc.kill(), ext.kill());
    for subject in &gone {
        cluster.gone(subject).await;
    }
    cluster.kpc(1).connect("ep-1");
    session.push("still there").await.unwrap();
    let push = cluster.next().await;
    assert_eq!((push.payload.as_str(), push.by, push.is_service_wide), ("still there", "kpc-1", true));
    for (endpoint, (kpc, replica)) in &pins {
        if *kpc == 0 {
            cluster.kpc(1).connect(endpoint);
        }
        let fallen_back = cluster.kpc(1).fallen_back();
        let answer = cluster.ask(1, endpoint, "/pin").await;
        assert_eq!((answer.payload.as_str(), answer.is_service_wide), ("ext-1", false));
        // Of a device that has connected anew, nobody knows a pin.
        let expected = fallen_back + u64::from(*kpc == 1 && replica == "ext-0");
        assert_eq!(cluster.kpc(1).fallen_back(), expected);
    }
    cluster.nothing_more().await;
    let counters = cluster.ext(1).settled().await;
    assert_eq!((counters.redirected, counters.undeliverable), (1, 0));
}

pub(crate) async fn a_communication_replica_that_comes_back_is_used_directly_again(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let session = session_at(&mut cluster, 0, "ep-1", "/pin", 0).await;
    cluster.kpc(1).connect("ep-1");
    cluster.kill_kpc(0).await;
    for expected in ["1", "2"] {
        session.push(expected).await.unwrap();
        assert_eq!(
            (&*pushes(&mut cluster, 1).await[0].payload, cluster.kpc.iter().flatten().count()),
            (expected, 1)
        );
    }
    // Under the same name, and with the device.
    cluster.start_kpc(0).await;
    cluster.kpc(1).disconnect("ep-1");
    cluster.kpc(0).connect("ep-1");
    session.push("3").await.unwrap();
    let push = cluster.next().await;
    assert_eq!((push.payload.as_str(), push.by, push.is_service_wide), ("3", "kpc-0", true));
    // As soon as it has asked for something.
    let again = session_at(&mut cluster, 0, "ep-1", "/pin", 0).await;
    for session in [again, session] {
        session.push("4").await.unwrap();
        let push = cluster.next().await;
        assert_eq!((push.payload.as_str(), push.by, push.is_service_wide), ("4", "kpc-0", false));
    }
    cluster.nothing_more().await;
    let counters = cluster.ext(0).counters();
    assert_eq!((counters.redirected, counters.undeliverable), (3, 0));
}

pub(crate) async fn a_stored_session_is_pushed_to_by_another_replica(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let stored = through_a_store(&session_at(&mut cluster, 0, "ep-1", "/pin", 0).await);
    let restored = cluster.ext(1).server.sessions().restore(stored.clone());
    assert_eq!(restored.store(), stored);
    assert_eq!((restored.endpoint_id(), restored.resource_path()), (Some("ep-1"), "/pin"));
    assert!(!restored.is_pinned(), "a pin is of one replica");
    // Nobody would say that the replica of an old session is gone; so all of them are told.
    restored.push("from the other").await.unwrap();
    let push = cluster.next().await;
    assert_eq!((push.payload.as_str(), push.by, push.is_service_wide), ("from the other", "kpc-0", true));
    let pin = cluster.kpc(0).pin("ep-1");
    assert_eq!(pin.as_deref(), Some("kaa.v1.replica.ext-0.esp.ClientData"), "the push leaves the pin alone");
    // With a pin somebody does, and the session moves.
    restored.pin();
    restored.push("mine now").await.unwrap();
    let push = cluster.next().await;
    assert_eq!((push.payload.as_str(), push.by, push.is_service_wide), ("mine now", "kpc-0", false));
    assert_eq!(cluster.ask(0, "ep-1", "/who").await.payload, "ext-1");
    cluster.nothing_more().await;
    assert_eq!(cluster.ext(1).counters().redirected, 0);
}

pub(crate) async fn a_stored_session_reaches_a_device_whose_communication_replica_is_gone(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let stored = through_a_store(&session_at(&mut cluster, 0, "ep-1", "/observe", 0).await);
    cluster.kpc(1).connect("ep-1");
    // Nobody is left who has known the device.
    cluster.kill_kpc(0).await;
    cluster.kill_ext(0).await;
    let restored = cluster.ext(1).server.sessions().restore(stored);
    for (payload, is_pinned) in [("unpinned", false), ("pinned", true), ("pinned again", true)] {
        if is_pinned {
            restored.pin();
        }
        restored.push(payload).await.unwrap();
        let push = cluster.next().await;
        assert_eq!((push.payload.as_str(), push.by, push.is_service_wide), (payload, "kpc-1", true));
        let pin = cluster.kpc(1).pin("ep-1");
        assert_eq!(pin.is_some(), is_pinned);
    }
    cluster.nothing_more().await;
    let counters = cluster.ext(1).counters();
    assert_eq!((counters.pushed, counters.redirected, counters.undeliverable), (3, 2, 0));
}

pub(crate) async fn a_stored_session_with_a_hostile_return_path_goes_to_the_service_as_a_whole(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let session = session_at(&mut cluster, 0, "ep-1", "/observe", 0).await;
    let row: Value = serde_json::to_value(session.store()).unwrap();
    assert_eq!(row["returnPath"], cluster.kpc(0).return_path());
    for hostile in
        ["$SYS.REQ.SERVER.PING", ">", "", "kaa.v1.replica.*.esp.ExtensionData", "kaa.v1.service.ecs"]
    {
        let mut row = row.clone();
        row["returnPath"] = json!(hostile);
        let restored = cluster.ext(0).server.sessions().restore(serde_json::from_value(row).unwrap());
        restored.pin();
        restored.push(hostile).await.unwrap();
        let push = cluster.next().await;
        assert_eq!((push.payload.as_str(), push.by, push.is_service_wide), (hostile, "kpc-0", true));
    }
    // What is no stored session at all is not read as one.
    for (field, value) in [("dialect", json!("smtp")), ("endpointId", json!(7)), ("more", json!(null))] {
        let mut row = row.clone();
        row[field] = value;
        assert!(serde_json::from_value::<StoredSession>(row).is_err(), "{field}");
    }
    assert_eq!(cluster.ext(0).counters().redirected, 0, "these were never on their way to a replica");
}

pub(crate) async fn what_nobody_takes_is_counted_as_undeliverable(venue: Venue) {
    let mut cluster = Cluster::start(venue).await;
    let session = session_at(&mut cluster, 0, "ep-1", "/pin", 0).await;
    cluster.kill_kpc(0).await;
    cluster.kill_kpc(1).await;
    for _ in 0..3 {
        session.push("is anybody there?").await.unwrap();
    }
    until("the notices", || cluster.ext[0].as_ref().unwrap().counters().undeliverable == 3).await;
    cluster.start_kpc(1).await;
    cluster.kpc(1).connect("ep-1");
    session.push("hello again").await.unwrap();
    let push = cluster.next().await;
    assert_eq!((push.payload.as_str(), push.is_service_wide), ("hello again", true));
    cluster.nothing_more().await;
    let counters = cluster.ext(0).counters();
    assert_eq!((counters.pushed, counters.redirected, counters.undeliverable), (4, 4, 3));
}
