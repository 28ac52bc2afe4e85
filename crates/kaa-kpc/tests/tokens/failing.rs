//! Providers that are away, late, broken or hostile: 503, in time, and nothing is remembered.

use std::time::Duration;

use tokio::time::Instant;

use crate::world::{UNAVAILABLE, World, found, refused};

#[tokio::test(start_paused = true)]
async fn that_no_provider_is_there_is_known_at_once() {
    let world = World::new();
    let front = world.front().await;
    let before = Instant::now();
    assert_eq!(front.ask("good-1").await, refused(UNAVAILABLE));
    assert!(before.elapsed() < Duration::from_millis(10));
    let provider = world.provider().await;
    assert_eq!(front.ask("good-1").await, found("ep-1", "id-1"));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_late_is_not_waited_for() {
    let world = World::new();
    let _provider = world.provider().await;
    let front = world.front().await;
    let before = Instant::now();
    assert_eq!(front.ask("late").await, refused(UNAVAILABLE));
    let waited = before.elapsed();
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_millis(5100), "{waited:?}");
    // What comes later is not taken for the answer to anything.
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(front.know("late"), None);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_away_is_not_waited_for() {
    let world = World::new();
    let _provider = world.provider().await;
    let front = world.front().await;
    world.server.stop();
    let before = Instant::now();
    assert_eq!(front.ask("good-1").await, refused(UNAVAILABLE));
    assert!(before.elapsed() < Duration::from_millis(10));
    world.server.start();
    assert_eq!(front.ask("good-1").await, found("ep-1", "id-1"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_makes_no_sense_is_none() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let (long, longest) = ("x".repeat(129), "x".repeat(128));
    for answer in [
        (0, Some("ep-1"), Some("id-1")),
        (201, Some("ep-1"), Some("id-1")),
        (400, None, None),
        (500, None, None),
        (-1, None, None),
        (i32::MIN, None, None),
        (200, None, Some("id-1")),
        (200, Some(""), Some("id-1")),
        (200, Some("ep/1"), Some("id-1")),
        (200, Some(&*long), Some("id-1")),
        (200, Some("ep-1"), Some(&*long)),
    ] {
        let asker = tokio::spawn(front.ask("t"));
        let question = puppet.next().await;
        puppet.answer(&question, answer).await;
        assert_eq!(asker.await.unwrap(), refused(UNAVAILABLE), "{answer:?}");
        assert_eq!(front.know("t"), None);
    }
    let asker = tokio::spawn(front.ask("t"));
    let question = puppet.next().await;
    puppet.answer(&question, (200, Some(&*longest), Some(&*longest))).await;
    assert_eq!(asker.await.unwrap(), found(&longest, &longest));
    let counters = front.tokens.counters();
    assert_eq!((counters.asked, counters.failed, counters.known), (12, 11, 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_identity_is_known_all_the_same() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let asker = tokio::spawn(front.ask("t"));
    let question = puppet.next().await;
    puppet.answer(&question, (200, Some("ep-1"), None)).await;
    assert_eq!(asker.await.unwrap(), Ok(("ep-1".to_owned(), None)));
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_answer_end_the_lookup() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let asker = tokio::spawn(front.ask("t"));
    let question = puppet.next().await;
    // The correlation ID, and nothing behind it.
    let id = &question.request.correlation_id;
    let datum = [&[u8::try_from(id.len() * 2).unwrap()][..], id.as_bytes()].concat();
    puppet.send(&question, datum.into()).await;
    assert_eq!(asker.await.unwrap(), refused(UNAVAILABLE));
}

#[tokio::test(start_paused = true)]
async fn of_two_answers_the_first_counts() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let asker = tokio::spawn(front.ask("t"));
    let question = puppet.next().await;
    puppet.answer(&question, (200, Some("ep-1"), Some("id-1"))).await;
    puppet.answer(&question, (200, Some("ep-2"), Some("id-2"))).await;
    puppet.answer(&question, (404, None, None)).await;
    assert_eq!(asker.await.unwrap(), found("ep-1", "id-1"));
    assert_eq!(front.know("t"), Some(found("ep-1", "id-1")));
}

#[tokio::test(start_paused = true)]
async fn a_broken_provider_is_asked_by_everybody_anew() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front().await;
    for _ in 0..3 {
        assert_eq!(front.ask("broken").await, refused(UNAVAILABLE));
    }
    assert_eq!(provider.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_on_when_the_tokens_are_dropped() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let front = world.front().await;
    let asker = tokio::spawn(front.ask("t"));
    puppet.next().await;
    assert!(tasks() > before);
    asker.abort();
    drop(front);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(tasks(), before);
}
