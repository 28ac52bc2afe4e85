//! Stopping without losing anything.

use std::sync::Arc;
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_ext::{Limits, ServeError};
use tokio::sync::{Semaphore, oneshot};

use crate::extension;

#[derive(Clone)]
struct Gate(Arc<Semaphore>);

#[resource("/wait", state = Gate)]
async fn wait(State(gate): State<Gate>, session: Session) -> &'static str {
    session.pin();
    gate.0.acquire().await.unwrap().forget();
    "done"
}

#[resource("/ok")]
async fn ok() -> &'static str {
    "ok"
}

async fn kaa(grace: Duration) -> (TestKaa, Gate) {
    let gate = Gate(Arc::new(Semaphore::new(0)));
    let limits = Limits { grace, handler_timeout: Duration::from_secs(3600), ..Limits::default() };
    let builder = Extension::new("ext").state(gate.clone()).resources(resources![wait, ok]).limits(limits);
    (TestKaa::start(builder.build().unwrap()).await, gate)
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_is_finished_and_answered_and_sessions_are_bound_no_more() {
    let (kaa, gate) = kaa(Duration::from_secs(20)).await;
    let (one, two) = (kaa.endpoint("ep-1"), kaa.endpoint("ep-2"));
    let answers =
        async { tokio::join!(one.request("/wait").into_future(), two.request("/wait").into_future()) };
    let stopped = async {
        while kaa.counters().received < 2 {
            tokio::task::yield_now().await;
        }
        let opener = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            gate.0.add_permits(2);
        });
        let stopped = kaa.stop().await;
        opener.await.unwrap();
        stopped
    };
    let ((first, second), stopped) = tokio::join!(answers, stopped);
    first.assert_status(200).assert_text("done");
    second.assert_status(200).assert_text("done");
    assert!(!one.is_pinned());
    assert_eq!((stopped.unfinished, stopped.counters.answered), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_done_within_the_grace_period_is_answered_503_and_counted() {
    let (kaa, _gate) = kaa(Duration::from_secs(5)).await;
    let device = kaa.endpoint("ep-1");
    let answers =
        async { tokio::join!(device.request("/wait").into_future(), device.request("/ok").into_future()) };
    let stopped = async {
        while kaa.counters().received < 2 {
            tokio::task::yield_now().await;
        }
        kaa.stop().await
    };
    let ((waiting, in_line), stopped) = tokio::join!(answers, stopped);
    for reply in [waiting, in_line] {
        reply.assert_status(503).assert_reason("the extension was stopped before the request was done");
    }
    assert_eq!((stopped.unfinished, stopped.counters.shed, stopped.counters.in_flight()), (2, 2, 0));
}

#[resource("/five-seconds")]
async fn five_seconds() -> () {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

#[tokio::test(start_paused = true)]
async fn handlers_that_end_with_the_grace_period_are_answered_once() {
    let limits = Limits { grace: Duration::from_secs(5), ..Limits::default() };
    let builder = extension(resources![five_seconds].into()).limits(limits);
    let kaa = TestKaa::start(builder.build().unwrap()).await;
    let answers = "kaa.v1.replica.test-kaa-0.esp.ExtensionData".parse::<kaa_ext::bus::SubjectFilter>();
    let mut answers = kaa.bus().subscribe(answers.unwrap(), None).await.unwrap();
    for n in 0..2000 {
        kaa.endpoint(&format!("ep-{n}")).request("/five-seconds").send().await;
    }
    let stopped = kaa.stop().await;
    answers.drain(Duration::from_secs(1)).await.unwrap();
    let mut seen = 0;
    while answers.next().await.is_some() {
        seen += 1;
    }
    assert_eq!((seen, stopped.counters.in_flight()), (2000, 0));
    assert_eq!(stopped.counters.answered + stopped.counters.shed, 2000);
    assert_eq!(stopped.unfinished as u64, stopped.counters.shed);
}

#[tokio::test(start_paused = true)]
async fn an_endless_grace_period_is_one() {
    let (kaa, _gate) = kaa(Duration::MAX).await;
    assert_eq!(kaa.stop().await.unfinished, 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_serves_after_the_stop() {
    let (kaa, _gate) = kaa(Duration::from_secs(1)).await;
    kaa.endpoint("ep-1").request("/ok").await.assert_status(200);
    kaa.stop().await;
    let bus = kaa.bus();
    let subject = "kaa.v1.service.ext.esp.ClientData".parse().unwrap();
    let error = bus.request(subject, "".into(), Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, kaa_ext::bus::RequestError::NoResponders { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_signal_stops_a_served_extension() {
    let (signal, signalled) = oneshot::channel::<()>();
    let bus = Bus::memory();
    let serve = extension(resources![ok].into()).build().unwrap().serve(bus);
    let serving =
        tokio::spawn(serve.with_graceful_shutdown(async { signalled.await.unwrap() }).into_future());
    tokio::task::yield_now().await;
    signal.send(()).unwrap();
    let stopped = serving.await.unwrap().unwrap();
    assert_eq!(stopped.unfinished, 0);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_closes_under_the_extension_is_an_error_and_every_message_is_accounted_for() {
    let (kaa, _gate) = kaa(Duration::from_secs(5)).await;
    let device = kaa.endpoint("ep-1");
    device.request("/wait").send().await;
    device.request("/ok").send().await;
    while kaa.counters().received < 2 {
        tokio::task::yield_now().await;
    }
    kaa.bus().close(Duration::from_secs(1)).await.unwrap();
    let counters = kaa.settled(2).await;
    assert_eq!((counters.failed_to_send, counters.in_flight()), (2, 0));

    let bus = Bus::memory();
    let server = extension(resources![ok].into()).build().unwrap().serve(bus.clone()).start().await.unwrap();
    bus.close(Duration::from_secs(1)).await.unwrap();
    assert!(matches!(server.wait().await, Err(ServeError::BusClosed)));
}
