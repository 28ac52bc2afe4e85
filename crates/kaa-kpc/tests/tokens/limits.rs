//! Bounds, at and around them.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::world::{BUSY, UNAVAILABLE, UNKNOWN, World, found, quiet, refused};

#[tokio::test(start_paused = true)]
async fn so_many_tokens_are_asked_about_at_once_and_so_many_wait() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world
        .front_with(|options| {
            options.lookups = NonZeroUsize::new(2).unwrap();
            options.waiting = 1;
        })
        .await;
    let first = tokio::spawn(front.ask("t1"));
    let first_question = puppet.next().await;
    let second = tokio::spawn(front.ask("t2"));
    let second_question = puppet.next().await;
    let third = tokio::spawn(front.ask("t3"));
    quiet().await;
    puppet.assert_idle().await;
    assert_eq!(front.ask("t4").await, refused(BUSY));
    // Another one who waits for the same takes no place.
    let third_too = tokio::spawn(front.ask("t3"));
    puppet.answer(&first_question, (200, Some("ep-1"), None)).await;
    first.await.unwrap().unwrap();
    let third_question = puppet.next().await;
    assert_eq!(third_question.request.token, "t3");
    for question in [&second_question, &third_question] {
        puppet.answer(question, (404, None, None)).await;
    }
    for asker in [second, third, third_too] {
        assert_eq!(asker.await.unwrap(), refused(UNKNOWN));
    }
    assert_eq!(front.tokens.counters().shed, 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_turn_waits_no_longer_than_a_lookup_may_take() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front_with(|options| options.lookups = NonZeroUsize::MIN).await;
    let first = tokio::spawn(front.ask("t1"));
    puppet.next().await;
    tokio::time::advance(Duration::from_secs(2)).await;
    let second = tokio::spawn(front.ask("t2"));
    assert_eq!(first.await.unwrap(), refused(UNAVAILABLE));
    // Its turn came after three seconds: two are left.
    let question = puppet.next().await;
    assert_eq!(question.request.token, "t2");
    assert!((1_900..=2_000).contains(&question.request.timeout), "{}", question.request.timeout);
    assert_eq!(second.await.unwrap(), refused(UNAVAILABLE));
}

#[tokio::test(start_paused = true)]
async fn so_many_endpoints_are_remembered() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front_with(|options| options.known = NonZeroUsize::new(3).unwrap()).await;
    for token in ["good-1", "good-2", "good-3"] {
        front.ask(token).await.unwrap();
    }
    assert!(front.know("good-1").is_some());
    front.ask("good-4").await.unwrap();
    assert_eq!(front.know("good-2"), None);
    for (token, endpoint, id) in
        [("good-1", "ep-1", "id-1"), ("good-3", "ep-3", "id-3"), ("good-4", "ep-4", "id-4")]
    {
        assert_eq!(front.know(token), Some(found(endpoint, id)));
    }
    assert_eq!(provider.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn whoever_guesses_pushes_nobody_out() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front_with(|options| options.known = NonZeroUsize::MIN).await;
    front.ask("good-1").await.unwrap();
    for guess in 0..5_000 {
        assert_eq!(front.ask(&format!("guess{guess}")).await, refused(UNKNOWN));
    }
    assert_eq!(front.know("good-1"), Some(found("ep-1", "id-1")));
    assert_eq!(provider.asked(), 5_001);
}
