//! Who is asked, when, and what is said.

use std::time::Duration;

use allocation_counter::measure;
use kaa_kpc::identity::clients::Client;

use crate::world::{REVOKED, UNKNOWN, World, found, path, refused};

#[tokio::test(start_paused = true)]
async fn the_provider_is_asked_once_and_then_it_is_known() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front().await;
    assert_eq!(front.know("good-1"), None);
    assert_eq!(front.ask("good-1").await, found("ep-1", "id-1"));
    for _ in 0..100 {
        assert_eq!(front.know("good-1"), Some(found("ep-1", "id-1")));
        assert_eq!(front.ask("good-1").await, found("ep-1", "id-1"));
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_who_want_to_know_at_once_ask_once() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front().await;
    let askers: Vec<_> = (0..100).map(|_| tokio::spawn(front.ask("good-1"))).collect();
    for asker in askers {
        assert_eq!(asker.await.unwrap(), found("ep-1", "id-1"));
    }
    assert_eq!(provider.asked(), 1);
    let counters = front.tokens.counters();
    assert_eq!((counters.asked, counters.known), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn one_who_does_not_stay_for_the_answer_spoils_it_for_nobody() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let first = tokio::spawn(front.ask("t"));
    let question = puppet.next().await;
    assert_eq!((&*question.request.app_name, &*question.request.token), ("kettle", "t"));
    let second = tokio::spawn(front.ask("t"));
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    puppet.answer(&question, (200, Some("ep-1"), Some("id-1"))).await;
    assert_eq!(second.await.unwrap(), found("ep-1", "id-1"));
    puppet.assert_idle().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_asked_for_again_when_its_time_is_over() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front().await;
    front.ask("good-1").await.unwrap();
    tokio::time::advance(Duration::from_secs(299)).await;
    assert!(front.know("good-1").is_some());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(front.know("good-1"), None);
    front.ask("good-1").await.unwrap();
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn unknown_and_foreign_tokens_get_the_same_answer_for_a_short_time() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front().await;
    for (application, token) in [("kettle", "guess"), ("toaster", "good-1")] {
        for _ in 0..10 {
            assert_eq!(front.ask_in(application, token).await, refused(UNKNOWN));
        }
    }
    assert_eq!(front.know("guess"), Some(refused(UNKNOWN)));
    // In another application, the same token is another one.
    assert_eq!(front.know("good-1"), None);
    assert_eq!(provider.asked(), 2);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(front.know("guess"), None);
    assert_eq!(front.ask("guess").await, refused(UNKNOWN));
    assert_eq!(provider.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_revoked_or_suspended_is_refused_as_such() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front().await;
    for _ in 0..10 {
        assert_eq!(front.ask("revoked").await, refused(REVOKED));
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn to_know_takes_nothing_from_the_heap() {
    let world = World::new();
    let _provider = world.provider().await;
    let front = world.front().await;
    front.ask("good-1").await.unwrap();
    front.ask("guess").await.unwrap_err();
    let (path, nobody) = (path("good-1"), Client::default());
    let token = path.endpoint.as_ref().unwrap();
    let know = || front.tokens.know("kettle", &path, token, &nobody).unwrap().unwrap();
    // Text gets its count of holders when it is shared for the first time.
    know();
    let taken = measure(|| drop(know()));
    assert_eq!(taken.count_total, 0);
}

#[tokio::test(start_paused = true)]
async fn tokens_do_not_show_when_they_are_printed() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let asker = tokio::spawn(front.ask("secret"));
    let question = puppet.next().await;
    assert_eq!(
        format!("{:?}", front.tokens),
        r#"Tokens { source: Provider(Provider { provider: ServiceInstance("cred"), lookups: 1, .. }) }"#
    );
    puppet.answer(&question, (200, Some("ep-1"), Some("id-1"))).await;
    asker.await.unwrap().unwrap();
    assert!(!format!("{:?}", front.tokens).contains("secret"));
}
