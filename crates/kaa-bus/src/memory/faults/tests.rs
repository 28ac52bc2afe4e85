//! What goes wrong, one thing at a time.

use std::time::Duration;

use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::SubjectFilter;

use super::{Dice, Faults, FaultyServer};
use crate::{Bus, Clock, Connection, MemoryServer, PublishError, RequestError, Subscription};

const SECOND: Duration = Duration::from_secs(1);

/// A server, one who speaks and one who listens to `a.>`.
struct Stage {
    server: FaultyServer,
    speaker: Bus,
    listener: Bus,
    heard: Subscription,
}

impl Stage {
    async fn set(faults: Faults) -> Self {
        let server = MemoryServer::with_faults(faults);
        let (speaker, listener) = (server.connect(Clock::tokio()), server.connect(Clock::tokio()));
        let heard = listener.subscribe("a.>".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
        Self { server, speaker, listener, heard }
    }

    async fn say(&self, payload: &'static str) {
        self.speaker.publish("a.b".parse().unwrap(), None, payload.into()).await.unwrap();
    }

    /// Speaks a hundred times, and waits until all of it has arrived or is lost.
    async fn say_a_hundred(&mut self) -> Vec<u8> {
        for number in 0..100_u8 {
            self.speaker.publish("a.b".parse().unwrap(), None, vec![number; 8].into()).await.unwrap();
        }
        self.rest().await.iter().map(|payload| payload.first().copied().unwrap_or(255)).collect()
    }

    /// What came, once nothing more comes.
    async fn rest(&mut self) -> Vec<bytes::Bytes> {
        tokio::time::sleep(Duration::from_secs(60)).await;
        std::iter::from_fn(|| self.heard.try_next()).map(|message| message.payload).collect()
    }
}

fn faults() -> Faults {
    Faults { latency: Duration::from_millis(20), ..Faults::none(1) }
}

#[tokio::test(start_paused = true)]
async fn messages_take_their_time_and_keep_their_order() {
    let mut stage = Stage::set(faults()).await;
    let start = tokio::time::Instant::now();
    stage.say("first").await;
    stage.heard.next().await.unwrap();
    assert!(start.elapsed() <= Duration::from_millis(40));
    assert_eq!(stage.say_a_hundred().await, (0..100).collect::<Vec<_>>());
    assert_eq!(stage.server.on_its_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn some_deliveries_are_dropped() {
    let mut stage = Stage::set(Faults { drop: 3000, ..faults() }).await;
    let heard = stage.say_a_hundred().await;
    assert!((50..90).contains(&heard.len()), "{heard:?}");
    assert!(heard.is_sorted());
}

#[tokio::test(start_paused = true)]
async fn some_deliveries_come_twice() {
    let mut stage = Stage::set(Faults { duplicate: 3000, ..faults() }).await;
    let mut heard = stage.say_a_hundred().await;
    assert!((110..150).contains(&heard.len()), "{heard:?}");
    heard.dedup();
    assert_eq!(heard, (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn some_deliveries_are_overtaken_and_none_is_lost() {
    let reorder_by = Duration::from_millis(200);
    let mut stage = Stage::set(Faults { reorder: 3000, reorder_by, ..faults() }).await;
    let mut heard = stage.say_a_hundred().await;
    assert!(!heard.is_sorted());
    heard.sort_unstable();
    assert_eq!(heard, (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn some_payloads_are_damaged() {
    let mut stage = Stage::set(Faults { corrupt: 10_000, ..faults() }).await;
    for _ in 0..100 {
        stage.say("sound and long").await;
    }
    let heard = stage.rest().await;
    assert_eq!(heard.len(), 100);
    assert!(heard.iter().all(|payload| *payload != "sound and long"));
    let flipped = heard.iter().filter(|payload| payload.len() == "sound and long".len()).count();
    assert!((20..80).contains(&flipped), "{flipped}");
}

#[tokio::test(start_paused = true)]
async fn a_request_may_find_nobody_although_somebody_listens() {
    let stage = Stage::set(Faults { unserved: 10_000, ..faults() }).await;
    let answer = stage.speaker.request("a.b".parse().unwrap(), "?".into(), SECOND).await;
    assert!(matches!(answer, Err(RequestError::NoResponders { .. })), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_takes_along_what_it_has_not_sent_yet() {
    let mut stage = Stage::set(Faults { away: SECOND, ..faults() }).await;
    stage.say("never arrives").await;
    stage.server.cut(&stage.speaker);
    assert_eq!(stage.speaker.connection(), Connection::Disconnected);
    let refused = stage.speaker.publish("a.b".parse().unwrap(), None, "".into()).await;
    assert!(matches!(refused, Err(PublishError::Disconnected { .. })), "{refused:?}");
    let back = |connection: &Connection| *connection == Connection::Connected;
    stage.speaker.watch_connection().wait_for(back).await.unwrap();
    stage.say("arrives").await;
    assert_eq!(stage.rest().await, ["arrives"]);
    assert_eq!(stage.speaker.stats().reconnects, 1);
}

#[tokio::test(start_paused = true)]
async fn a_listener_misses_what_is_said_while_it_is_away_and_hears_again_when_it_is_back() {
    let mut stage = Stage::set(Faults { away: SECOND, ..faults() }).await;
    stage.server.cut(&stage.listener);
    stage.say("missed").await;
    stage.speaker.fence(SECOND).await.unwrap();
    let back = |connection: &Connection| *connection == Connection::Connected;
    stage.listener.watch_connection().wait_for(back).await.unwrap();
    stage.say("heard").await;
    assert_eq!(stage.rest().await, ["heard"]);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_pipe_loses_nothing() {
    let stalled = Duration::from_secs(5);
    let mut stage = Stage::set(Faults { stall: 1000, stalled, ..faults() }).await;
    assert_eq!(stage.say_a_hundred().await, (0..100).collect::<Vec<_>>());
    assert!(stage.server.trace().contains("flows"), "{}", stage.server.trace());
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_the_end_of_a_connection_and_of_nobody_else() {
    let mut stage = Stage::set(faults()).await;
    stage.say("never arrives").await;
    stage.server.crash(&stage.speaker);
    assert_eq!(stage.speaker.connection(), Connection::Closed);
    let other = stage.server.connect(Clock::tokio());
    other.publish("a.b".parse().unwrap(), None, "arrives".into()).await.unwrap();
    assert_eq!(stage.rest().await, ["arrives"]);
    stage.server.crash(&stage.listener);
    assert_eq!(stage.heard.next().await, None);
    assert_eq!(stage.server.subscriptions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_loses_what_does_not_fit() {
    let mut stage = Stage::set(Faults { waiting: 2, ..faults() }).await;
    assert_eq!(stage.say_a_hundred().await, [0, 1]);
    assert_eq!(stage.heard.lost(), 98);
}

#[tokio::test(start_paused = true)]
async fn a_drain_loses_nothing_that_was_routed() {
    let mut stage = Stage::set(faults()).await;
    let group = ServiceInstance::from_static("group");
    let filter = || "b".parse::<SubjectFilter>().unwrap();
    let mut leaver = stage.listener.subscribe(filter(), Some(&group)).await.unwrap();
    let stayer_bus = stage.server.connect(Clock::tokio());
    let mut stayer = stayer_bus.subscribe(filter(), Some(&group)).await.unwrap();
    for half in [50, 50] {
        // The second half is on its way while the first one waits.
        stage.speaker.fence(SECOND).await.unwrap();
        for _ in 0..half {
            stage.speaker.publish("b".parse().unwrap(), None, "x".into()).await.unwrap();
        }
    }
    leaver.drain(SECOND).await.unwrap();
    stage.rest().await;
    let count = |subscription: &mut Subscription| std::iter::from_fn(|| subscription.try_next()).count();
    let (left, stayed) = (count(&mut leaver), count(&mut stayer));
    assert_eq!(left + stayed, 100);
    assert!(left > 0 && stayed > 0, "{left} and {stayed}");
}

#[tokio::test(start_paused = true)]
async fn in_the_calm_everything_comes_back_and_arrives() {
    let away = Duration::from_secs(3600);
    let mut stage = Stage::set(Faults { drop: 10_000, away, ..faults() }).await;
    stage.say("dropped").await;
    stage.speaker.fence(SECOND).await.unwrap();
    stage.server.cut(&stage.listener);
    stage.server.calm();
    assert_eq!(stage.listener.connection(), Connection::Connected);
    let heard: Vec<_> = stage.say_a_hundred().await;
    assert_eq!(heard, (0..100).collect::<Vec<_>>());
}

/// Two services and a troubled server: what becomes of a hundred requests.
async fn requests(seed: u64) -> (u64, usize) {
    let server = MemoryServer::with_faults(Faults::from_seed(seed));
    let (asker, answerer) = (server.connect(Clock::tokio()), server.connect(Clock::tokio()));
    let mut work = answerer.subscribe("work".parse::<SubjectFilter>().unwrap(), None).await;
    let mut dice = server.dice();
    let mut answered = 0;
    for number in 0..100_u8 {
        let asked = asker.request("work".parse().unwrap(), vec![number; 9].into(), SECOND);
        let serve = async {
            let Ok(work) = &mut work else { return std::future::pending().await };
            while let Some(message) = work.next().await {
                let to = message.reply_to.map(|to| to.try_into().unwrap());
                let Some(to) = to else { continue };
                let _ = answerer.publish(to, None, message.payload).await;
            }
            std::future::pending().await
        };
        tokio::select! {
            biased;
            () = serve => {}
            answer = asked => answered += usize::from(answer.is_ok()),
        }
        tokio::time::sleep(Duration::from_millis(dice.below(50))).await;
    }
    (server.trace_hash(), answered)
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_goes_the_same_way_and_another_goes_another() {
    let mut hashes = std::collections::HashSet::new();
    let mut troubled = 0;
    for seed in 0..50 {
        let first = requests(seed).await;
        assert_eq!(first, requests(seed).await, "seed {seed}");
        hashes.insert(first.0);
        troubled += usize::from(first.1 < 100);
    }
    assert_eq!(hashes.len(), 50);
    assert!(troubled > 20, "{troubled}");
}

#[test]
fn every_kind_of_trouble_is_drawn_for_some_seeds_and_for_others_not() {
    let drawn: Vec<Faults> = (0..200).map(Faults::from_seed).collect();
    let kinds: [fn(&Faults) -> u32; 7] = [
        |faults| faults.drop,
        |faults| faults.duplicate,
        |faults| faults.reorder,
        |faults| faults.corrupt,
        |faults| faults.unserved,
        |faults| faults.disconnect,
        |faults| faults.stall,
    ];
    for (index, kind) in kinds.iter().enumerate() {
        let with = drawn.iter().filter(|faults| kind(faults) > 0).count();
        assert!((30..140).contains(&with), "kind {index}: {with} of 200");
    }
    assert_eq!(Faults::from_seed(7), Faults::from_seed(7));
    assert_ne!(Dice::new(7).roll(), Dice::new(8).roll());
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_can_change_on_the_way() {
    let mut stage = Stage::set(faults()).await;
    assert_eq!(stage.say_a_hundred().await.len(), 100);
    stage.server.change(|faults| faults.drop = Faults::ALWAYS);
    assert_eq!(stage.say_a_hundred().await.len(), 0);
    stage.server.calm();
    assert_eq!(stage.say_a_hundred().await.len(), 100);
}
