//! What messages leave behind in the figures.

use tokio::time::sleep;

use super::*;
use crate::Limits;
use crate::prelude::*;
use crate::testing::TestKaa;

/// Is done at once.
#[resource("/now", crate = crate)]
async fn now() -> () {}

/// Takes a second.
#[resource("/later", crate = crate)]
async fn later() -> () {
    sleep(Duration::from_secs(1)).await;
}

/// Holds on to its session.
#[resource("/pin", crate = crate)]
async fn pin(session: Session) -> () {
    session.pin();
    sleep(Duration::from_secs(1)).await;
}

async fn start(requests: usize) -> (TestKaa, std::sync::Arc<Figures>) {
    let limits = Limits { requests, ..Limits::default() };
    let extension = Extension::new("ext").limits(limits).resources(resources![now, later, pin]);
    let extension = extension.build().unwrap();
    let figures = extension.figures.clone();
    (TestKaa::start(extension).await, figures)
}

fn ended(figures: &Figures, function: usize, status: u16) -> u64 {
    figures.of(function).ended()[slot(status)]
}

#[tokio::test(start_paused = true)]
async fn every_message_that_came_to_an_end_is_counted_once_whatever_became_of_it() {
    let (kaa, figures) = start(1).await;
    let [one, other] = ["one", "other"].map(|name| kaa.endpoint(name));
    one.request("/now").await.assert_status(200);
    one.request("/nowhere").await.assert_status(404);
    let (done, refused) = tokio::join!(one.request("/later"), other.request("/now"));
    done.assert_status(200);
    refused.assert_status(503);
    kaa.publish("no datum", None).await;
    let counters = kaa.settled(5).await;
    let all: u64 = figures.all().flat_map(FunctionFigures::ended).sum();
    assert_eq!(all, counters.answered + counters.silent + counters.shed + counters.failed_to_send);
    assert_eq!((ended(&figures, 0, 200), ended(&figures, 1, 200)), (1, 1));
    assert_eq!((ended(&figures, NONE as usize, 404), ended(&figures, NONE as usize, 503)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_is_timed_and_so_is_who_stands_behind_it() {
    let (kaa, figures) = start(9).await;
    let device = kaa.endpoint("one");
    let (first, second, third) =
        tokio::join!(device.request("/later"), device.request("/later"), device.request("/now"));
    for reply in [first, second, third] {
        reply.assert_status(200);
    }
    let [now, later] = [0, 1].map(|function| figures.of(function));
    let seconds = |histogram: &Histogram| (histogram.snapshot().count(), histogram.snapshot().seconds());
    assert_eq!(seconds(&later.waited), (2, 2.0), "a second each");
    assert_eq!(seconds(&later.in_line), (1, 1.0), "the second one behind the first");
    assert_eq!(seconds(&later.in_all), (2, 3.0));
    assert_eq!(seconds(&now.in_line), (1, 2.0));
    assert_eq!(seconds(&now.at_once), (1, 0.0), "the line is no part of it");
    assert_eq!(figures.waiting.load(Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_pinned_as_long_as_somebody_holds_it() {
    let (kaa, figures) = start(9).await;
    let device = kaa.endpoint("one");
    let look = async {
        while figures.pinned.load(Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        figures.waiting.load(Relaxed)
    };
    let (reply, waiting) = tokio::join!(device.request("/pin"), look);
    reply.assert_status(200);
    assert_eq!(waiting, 1);
    kaa.stop().await;
    drop(kaa);
    assert_eq!(figures.pinned.load(Relaxed), 0);
}

fn figures() -> FunctionFigures {
    FunctionFigures::new(Labels { kind: "resource", function: "f", handles: "/" })
}

#[test]
fn every_message_is_counted_and_one_in_sixty_four_timed() {
    let figures = figures();
    let timed = (0..1_000).filter(|_| figures.count(StatusCode::OK)).count();
    assert_eq!((figures.ended().iter().sum::<u64>(), timed), (1_000, 16));
    assert_eq!(figures.last_error(), None);
}

#[test]
fn the_last_error_is_remembered() {
    let figures = figures();
    for code in [404, 500, 200] {
        figures.count(StatusCode::from_u16(code).unwrap());
    }
    assert_eq!(figures.last_error(), Some(StatusCode::INTERNAL_SERVER_ERROR));
}
