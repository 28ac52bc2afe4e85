//! Order, waiting, deadlines, panics, and more work than there is room for.

use std::sync::Arc;
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigApplied, ConfigUpdated};
use kaa_ext::testing::TestKaa;
use kaa_ext::{Builder, Limits};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::Instant;

use crate::{extension, start};

#[resource("/panic")]
async fn panic() -> () {
    panic!("on purpose");
}

#[resource("/late-panic")]
async fn late_panic() -> () {
    tokio::task::yield_now().await;
    panic!("later, on purpose");
}

#[resource("/ok")]
async fn ok() -> &'static str {
    "ok"
}

#[resource("/forever")]
async fn forever() -> () {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_500_and_the_endpoint_lives_on() {
    let kaa = start(extension(resources![panic, late_panic, ok].into())).await;
    let device = kaa.endpoint("ep-1");
    for path in ["/panic", "/late-panic"] {
        device.request(path).await.assert_status(500).assert_reason("Internal Server Error");
        device.request("/ok").await.assert_status(200);
    }
    let counters = kaa.settled(4).await;
    assert_eq!((counters.answered, counters.panicked), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_not_done_in_time_is_504_at_the_requests_own_deadline() {
    let kaa = start(extension(resources![forever, ok].into())).await;
    let device = kaa.endpoint("ep-1");
    let started = Instant::now();
    let timeout = Duration::from_secs(3);
    device
        .request("/forever")
        .timeout(timeout)
        .await
        .assert_status(504)
        .assert_reason("the request was not done in time");
    // Tokio's timer has a granularity of a millisecond.
    let late = started.elapsed() - timeout;
    assert!(late <= Duration::from_millis(2), "{late:?}");
    device.request("/ok").await.assert_status(200);
    assert_eq!(kaa.settled(2).await.timed_out, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_timeout_has_the_extensions_handler_timeout() {
    let limits = Limits { handler_timeout: Duration::from_secs(7), ..Limits::default() };
    let kaa = start(extension(resources![forever].into()).limits(limits)).await;
    let started = Instant::now();
    kaa.endpoint("ep-1").request("/forever").await.assert_status(504);
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(7) && waited < Duration::from_secs(8), "{waited:?}");
}

/// What the resources below share with their test: a gate, and a log of who passed it.
#[derive(Clone, FromRef)]
struct Gate {
    open: Arc<Semaphore>,
    entered: mpsc::UnboundedSender<String>,
    let_go: Arc<Notify>,
}

/// Logs its payload, waits for a permit, logs it again.
#[resource("/wait")]
async fn wait(
    payload: Payload,
    State(open): State<Arc<Semaphore>>,
    State(log): State<mpsc::UnboundedSender<String>>,
) -> Payload {
    let text = String::from_utf8_lossy(&payload).into_owned();
    log.send(format!("{text} in")).unwrap();
    open.acquire().await.unwrap().forget();
    log.send(format!("{text} out")).unwrap();
    payload
}

fn gated(limits: Limits) -> (Builder<Gate>, Gate, mpsc::UnboundedReceiver<String>) {
    let (entered, log) = mpsc::unbounded_channel();
    let gate = Gate { open: Arc::new(Semaphore::new(0)), entered, let_go: Arc::new(Notify::new()) };
    let builder = Extension::new("ext").state(gate.clone()).resources(resources![wait, quick]).limits(limits);
    (builder, gate, log)
}

#[resource("/quick")]
async fn quick(payload: Payload, State(log): State<mpsc::UnboundedSender<String>>) -> Payload {
    log.send(format!("{} quick", String::from_utf8_lossy(&payload))).unwrap();
    payload
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_endpoint_are_handled_in_order_and_different_endpoints_in_parallel() {
    let (builder, gate, mut log) = gated(Limits::default());
    let kaa = TestKaa::start(builder.build().unwrap()).await;
    let (one, two) = (kaa.endpoint("ep-1"), kaa.endpoint("ep-2"));
    for (device, path, payload) in [
        (&one, "/wait", "1a"),
        (&one, "/quick", "1b"),
        (&one, "/wait", "1c"),
        (&two, "/wait", "2a"),
        (&two, "/quick", "2b"),
    ] {
        device.request(path).payload(payload).send().await;
    }
    assert_eq!(log.recv().await.unwrap(), "1a in");
    assert_eq!(log.recv().await.unwrap(), "2a in");
    gate.open.add_permits(3);
    let mut rest = Vec::new();
    for _ in 0..6 {
        rest.push(log.recv().await.unwrap());
    }
    let of =
        |endpoint: &str| rest.iter().filter(|entry| entry.starts_with(endpoint)).cloned().collect::<Vec<_>>();
    assert_eq!(of("1"), ["1a out", "1b quick", "1c in", "1c out"]);
    assert_eq!(of("2"), ["2a out", "2b quick"]);
    assert_eq!(kaa.settled(5).await.answered, 5);
}

#[tokio::test(start_paused = true)]
async fn requests_without_an_endpoint_do_not_wait_for_each_other() {
    let (builder, gate, mut log) = gated(Limits::default());
    let kaa = TestKaa::start(builder.build().unwrap()).await;
    let device = kaa.without_endpoint();
    device.request("/wait").payload("a").send().await;
    device.request("/wait").payload("b").send().await;
    assert_eq!(log.recv().await.unwrap(), "a in");
    assert_eq!(log.recv().await.unwrap(), "b in");
    gate.open.add_permits(2);
    kaa.settled(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_extension_answers_503_at_once_and_recovers() {
    let (builder, gate, mut log) = gated(Limits { requests: 2, ..Limits::default() });
    let kaa = TestKaa::start(builder.build().unwrap()).await;
    for endpoint in ["ep-1", "ep-2"] {
        kaa.endpoint(endpoint).request("/wait").payload("x").send().await;
        log.recv().await.unwrap();
    }
    let third = kaa.endpoint("ep-3");
    third
        .request("/quick")
        .await
        .assert_status(503)
        .assert_reason("the extension has more requests than it takes at once");
    gate.open.add_permits(2);
    kaa.settled(3).await;
    third.request("/quick").await.assert_status(200);
    let counters = kaa.settled(4).await;
    assert_eq!((counters.shed, counters.answered), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn the_bytes_of_waiting_requests_are_bounded_too() {
    let (builder, gate, mut log) = gated(Limits { bytes: 10_000, ..Limits::default() });
    let kaa = TestKaa::start(builder.build().unwrap()).await;
    kaa.endpoint("ep-1").request("/wait").payload(vec![b'x'; 6_000]).send().await;
    log.recv().await.unwrap();
    kaa.endpoint("ep-2").request("/quick").payload(vec![b'y'; 6_000]).await.assert_status(503);
    kaa.endpoint("ep-2").request("/quick").payload("y").await.assert_status(200);
    gate.open.add_permits(1);
    kaa.settled(3).await;
}

#[tokio::test(start_paused = true)]
async fn one_endpoint_cannot_fill_the_extension_alone() {
    let (builder, gate, mut log) = gated(Limits { per_endpoint: 2, ..Limits::default() });
    let kaa = TestKaa::start(builder.build().unwrap()).await;
    let device = kaa.endpoint("ep-1");
    for payload in ["a", "b", "c"] {
        device.request("/wait").payload(payload).send().await;
    }
    log.recv().await.unwrap();
    device
        .request("/wait")
        .await
        .assert_status(503)
        .assert_reason("too many requests of this endpoint are waiting");
    kaa.endpoint("ep-2").request("/quick").await.assert_status(200);
    gate.open.add_permits(3);
    let counters = kaa.settled(5).await;
    assert_eq!((counters.shed, counters.answered), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_time_is_over_when_its_turn_comes_is_504_and_not_handled() {
    let (builder, gate, mut log) = gated(Limits::default());
    let kaa = TestKaa::start(builder.build().unwrap()).await;
    let device = kaa.endpoint("ep-1");
    device.request("/wait").payload("first").send().await;
    assert_eq!(log.recv().await.unwrap(), "first in");
    let second = async {
        let late = device.request("/quick").payload("late").timeout(Duration::from_secs(1)).into_future();
        let opened = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            gate.open.add_permits(1);
        };
        tokio::join!(late, opened).0
    };
    second.await.assert_status(504);
    kaa.settled(2).await;
    assert_eq!(log.recv().await.unwrap(), "first out");
    assert!(log.is_empty(), "the late request was handled");
}

#[resource("/second")]
async fn second() -> () {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_after_a_long_pause_has_all_of_its_time() {
    let kaa = start(extension(resources![ok, second].into())).await;
    // More than one at a time, so that some are taken together.
    for n in 0..10 {
        let datum = kaa.endpoint(&format!("ep-{n}")).request("/ok").datum();
        kaa.bus().try_publish("kaa.v1.service.ext.esp.ClientData".parse().unwrap(), None, datum).unwrap();
    }
    kaa.settled(10).await;
    tokio::time::advance(Duration::from_secs(3600)).await;
    kaa.endpoint("ep-1").request("/second").await.assert_status(200);
}

#[resource("/once")]
async fn once() -> () {
    tokio::task::yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn handlers_that_wait_for_a_moment_get_to_run_while_more_requests_come() {
    let limits = Limits { requests: 64, ..Limits::default() };
    let kaa = start(extension(resources![once].into()).limits(limits)).await;
    for n in 0..192 {
        let datum = kaa.endpoint(&format!("ep-{n}")).request("/once").datum();
        // Without waiting: all of them are there when the first is taken, three times as many as may wait.
        let subject = "kaa.v1.service.ext.esp.ClientData".parse().unwrap();
        kaa.bus().try_publish(subject, None, datum).unwrap();
    }
    let counters = kaa.settled(192).await;
    assert_eq!((counters.answered, counters.shed), (192, 0));
}

#[tokio::test(start_paused = true)]
async fn a_backlog_is_refused_before_the_bus_drops_it() {
    let limits = Limits { requests: 64, ..Limits::default() };
    let kaa = start(extension(resources![ok].into()).limits(limits)).await;
    for n in 0..1000 {
        let datum = kaa.endpoint(&format!("ep-{n}")).request("/ok").datum();
        kaa.bus().try_publish("kaa.v1.service.ext.esp.ClientData".parse().unwrap(), None, datum).unwrap();
    }
    let counters = kaa.settled(1000).await;
    // Of batches of 128, as long as more than 64 wait behind them; the first message is taken by itself.
    assert_eq!((counters.shed, counters.answered, counters.lost), (7 * 128, 1000 - 7 * 128, 0));
}

#[listener]
async fn updated(
    Event(event): Event<ConfigUpdated>,
    State(open): State<Arc<Semaphore>>,
    State(log): State<mpsc::UnboundedSender<String>>,
) {
    log.send(format!("{} in", event.config_id)).unwrap();
    open.acquire().await.unwrap().forget();
}

#[listener(overload = latest)]
async fn applied(
    Event(event): Event<ConfigApplied>,
    State(open): State<Arc<Semaphore>>,
    State(log): State<mpsc::UnboundedSender<String>>,
) {
    log.send(format!("{} in", event.config_id)).unwrap();
    open.acquire().await.unwrap().forget();
}

fn update(endpoint: &str, config_id: usize) -> ConfigUpdated {
    ConfigUpdated {
        endpoint_id: endpoint.into(),
        config_id: config_id.to_string().into(),
        ..ConfigUpdated::default()
    }
}

fn received(log: &mut mpsc::UnboundedReceiver<String>) -> Vec<String> {
    std::iter::from_fn(|| log.try_recv().ok()).collect()
}

#[tokio::test(start_paused = true)]
async fn events_that_nobody_waits_for_wait_themselves_while_requests_are_refused() {
    let (builder, gate, mut log) = gated(Limits { requests: 2, ..Limits::default() });
    let kaa = TestKaa::start(builder.listeners(listeners![updated]).build().unwrap()).await;
    let provider = kaa.service("cdp");
    for n in 0..10 {
        provider.publish(&update(&format!("ep-{n}"), n)).await;
    }
    assert_eq!(log.recv().await.unwrap(), "0 in");
    assert_eq!(log.recv().await.unwrap(), "1 in");
    kaa.endpoint("ep-a").request("/quick").await.assert_status(503);
    gate.open.add_permits(10);
    let counters = kaa.settled(11).await;
    assert_eq!((counters.silent, counters.shed, counters.lost), (10, 1, 0));
    assert_eq!(received(&mut log).len(), 8);
}

#[tokio::test(start_paused = true)]
async fn events_of_one_endpoint_that_are_many_hold_up_no_others() {
    let (builder, gate, mut log) = gated(Limits { per_endpoint: 2, ..Limits::default() });
    let kaa = TestKaa::start(builder.listeners(listeners![updated]).build().unwrap()).await;
    let provider = kaa.service("cdp");
    for n in 0..10 {
        provider.publish(&update("ep-1", n)).await;
    }
    provider.publish(&update("ep-2", 10)).await;
    assert_eq!(log.recv().await.unwrap(), "0 in");
    assert_eq!(log.recv().await.unwrap(), "10 in");
    gate.open.add_permits(11);
    assert_eq!(kaa.settled(11).await.silent, 11);
    let order: Vec<_> = (1..10).map(|n| format!("{n} in")).collect();
    assert_eq!(received(&mut log), order);
}

#[tokio::test(start_paused = true)]
async fn of_events_that_say_how_things_are_the_latest_stay() {
    let (builder, gate, mut log) = gated(Limits { per_endpoint: 2, ..Limits::default() });
    let kaa = TestKaa::start(builder.listeners(listeners![applied]).build().unwrap()).await;
    let cmx = kaa.service("cmx");
    for n in 0..6 {
        let config_id = n.to_string().into();
        let event = ConfigApplied { endpoint_id: "ep-1".into(), config_id, ..ConfigApplied::default() };
        cmx.publish(&event).await;
    }
    assert_eq!(log.recv().await.unwrap(), "0 in");
    gate.open.add_permits(3);
    let counters = kaa.settled(6).await;
    assert_eq!((counters.silent, counters.shed), (3, 3));
    assert_eq!(received(&mut log), ["4 in", "5 in"]);
}

#[tokio::test(start_paused = true)]
async fn events_that_still_wait_when_the_extension_stops_are_heard() {
    let (builder, gate, mut log) = gated(Limits { requests: 2, ..Limits::default() });
    let kaa = TestKaa::start(builder.listeners(listeners![updated]).build().unwrap()).await;
    let provider = kaa.service("cdp");
    for n in 0..10 {
        provider.publish(&update(&format!("ep-{n}"), n)).await;
    }
    log.recv().await.unwrap();
    let opened = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        gate.open.add_permits(10);
    };
    let (stopped, ()) = tokio::join!(kaa.stop(), opened);
    assert_eq!((stopped.unfinished, stopped.counters.silent, stopped.counters.shed), (0, 10, 0));
}

#[tokio::test(start_paused = true)]
async fn requests_of_pinned_sessions_do_not_wait_for_the_service_wide_ones() {
    let (builder, _gate, mut log) = gated(Limits::default());
    let kaa = TestKaa::start(builder.replica("ext-0").build().unwrap()).await;
    for (subject, number, payload) in [("service.ext", 5000, "all"), ("replica.ext-0", 1, "pinned")] {
        let subject: kaa_ext::bus::Subject = format!("kaa.v1.{subject}.esp.ClientData").parse().unwrap();
        for n in 0..number {
            let device = kaa.endpoint(&format!("ep-{n}"));
            let datum = device.request("/quick").without_request_id().payload(payload).datum();
            kaa.bus().try_publish(subject.clone(), None, datum).unwrap();
        }
    }
    kaa.settled(5001).await;
    let mut before = 0;
    while log.recv().await.unwrap() != "pinned quick" {
        before += 1;
    }
    assert!(before < 200, "{before} requests were handled before the one that is pinned");
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "in a destructor, on purpose");
    }
}

#[resource("/bomb")]
async fn bomb() -> () {
    let _bomb = Bomb;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_destructor_that_panics_takes_nothing_else_along() {
    let kaa = start(extension(resources![bomb, ok].into())).await;
    let device = kaa.endpoint("ep-1");
    device.request("/bomb").timeout(Duration::from_secs(1)).await.assert_status(504);
    device.request("/ok").await.assert_status(200);
}

#[resource("/mixed/{what}")]
async fn mixed(what: u8) -> Result<(), Failure> {
    match what % 5 {
        0 => Ok(()),
        1 => Err(Failure::not_found("nothing")),
        2 => panic!("on purpose"),
        3 => {
            tokio::time::sleep(Duration::from_millis(u64::from(what))).await;
            Ok(())
        }
        _ => std::future::pending().await,
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_comes_every_message_is_accounted_for_once() {
    let limits = Limits { requests: 40, per_endpoint: 3, ..Limits::default() };
    let kaa = start(extension(resources![mixed].into()).limits(limits)).await;
    let devices: Vec<_> = (0..20).map(|n| kaa.endpoint(&format!("ep-{n}"))).collect();
    let mut sent = 0;
    for round in 0..50_u8 {
        for (device, n) in devices.iter().zip(0_u8..) {
            let request = device.request(format!("/mixed/{}", round.wrapping_mul(31).wrapping_add(n)));
            match (round ^ n) % 7 {
                0 => request.without_request_id().send().await,
                1 => request.timeout(Duration::from_secs(1)).made(Duration::from_secs(9)).send().await,
                2 => kaa.publish(request.datum().slice(..20), None).await,
                _ => request.send().await,
            }
            sent += 1;
        }
        tokio::time::advance(Duration::from_millis(500)).await;
    }
    let c = kaa.settled(sent).await;
    assert_eq!(c.received, sent);
    assert_eq!(c.received, c.answered + c.silent + c.expired + c.shed + c.malformed + c.failed_to_send);
    for figure in [c.answered, c.silent, c.expired, c.shed, c.malformed, c.panicked, c.timed_out] {
        assert!(figure > 0, "{c:?}");
    }
}
