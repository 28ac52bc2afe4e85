//! Tokens that end.

use std::time::Duration;

use kaa_kpc::identity::Revocation;
use kaa_protocol::ecap::EndpointTokenRevokedEvent;
use kaa_protocol::ism::Event;
use kaa_protocol::subject::Subject;
use tokio::time::Instant;

use crate::world::{PROVIDER, REVOKED, UNKNOWN, World, found, quiet, refused, revoked};

fn tokens(ids: &[&str]) -> Revocation {
    Revocation::Tokens(ids.iter().map(|id| (*id).into()).collect())
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_is_forgotten_and_its_sessions_are_named_within_a_second() {
    let world = World::new();
    let provider = world.provider().await;
    let mut front = world.front().await;
    for token in ["good-1", "good-2"] {
        front.ask(token).await.unwrap();
    }
    let before = Instant::now();
    provider.kaa.service("cred").publish(&revoked("ep-1", &["id-1", "id-7"])).await;
    assert_eq!(front.revoked.recv().await, Some(tokens(&["id-1", "id-7"])));
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(front.know("good-1"), None);
    assert_eq!(front.know("good-2"), Some(found("ep-2", "id-2")));
    front.ask("good-1").await.unwrap();
    assert_eq!(provider.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_forgotten_by_its_identity_or_by_its_endpoint() {
    let world = World::new();
    let _provider = world.provider().await;
    let front = world.front().await;
    for (endpoint, ids) in [("ep-1", &["id-of-another-one"][..]), ("another-one", &["id-1"]), ("ep-1", &[])] {
        front.ask("good-1").await.unwrap();
        world.revoke(endpoint, ids).await;
        quiet().await;
        assert_eq!(front.know("good-1"), None, "{endpoint} {ids:?}");
    }
    assert_eq!(front.tokens.counters().revoked, 3);
}

#[tokio::test(start_paused = true)]
async fn only_the_provider_revokes() {
    let world = World::new();
    let _provider = world.provider().await;
    let mut front = world.front().await;
    front.ask("good-1").await.unwrap();
    world.messaging("other").publish_event(&revoked("ep-1", &["id-1"])).await.unwrap();
    quiet().await;
    assert!(front.know("good-1").is_some());
    assert!(front.revoked.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_revoked_while_it_is_looked_up_is_asked_for_again() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    for (endpoint, ids) in [("ep-1", &["id-1"][..]), ("ep-1", &[]), ("another-one", &["id-1"])] {
        let asker = tokio::spawn(front.ask("t"));
        let question = puppet.next().await;
        world.revoke(endpoint, ids).await;
        quiet().await;
        puppet.answer(&question, (200, Some("ep-1"), Some("id-1"))).await;
        let question = puppet.next().await;
        assert_eq!(front.know("t"), None, "an answer from before the revocation counts for nothing");
        puppet.answer(&question, (403, None, None)).await;
        assert_eq!(asker.await.unwrap(), refused(REVOKED));
        assert_eq!(front.know("t"), Some(refused(REVOKED)));
        tokio::time::advance(Duration::from_secs(5)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_revoked_meanwhile_does_not_concern_others() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let asker = tokio::spawn(front.ask("t"));
    let question = puppet.next().await;
    world.revoke("ep-2", &["id-2"]).await;
    quiet().await;
    puppet.answer(&question, (200, Some("ep-1"), Some("id-1"))).await;
    assert_eq!(asker.await.unwrap(), found("ep-1", "id-1"));
    puppet.assert_idle().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_revoked_on_and_on_is_not_asked_for_longer_than_a_lookup_may_take() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let before = Instant::now();
    let mut asker = tokio::spawn(front.ask("t"));
    let said = loop {
        tokio::select! {
            said = &mut asker => break said.unwrap(),
            question = puppet.next() => {
                world.revoke("ep-1", &["id-1"]).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
                puppet.answer(&question, (200, Some("ep-1"), Some("id-1"))).await;
            }
        }
    };
    assert!(said.unwrap_err().starts_with("503"));
    assert!(before.elapsed() <= Duration::from_millis(5100), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn after_a_connection_that_was_lost_nothing_is_taken_for_known() {
    let world = World::new();
    let provider = world.provider().await;
    let front = world.front().await;
    front.ask("good-1").await.unwrap();
    front.ask("guess").await.unwrap_err();
    world.server.stop();
    quiet().await;
    world.server.start();
    quiet().await;
    assert_eq!((front.know("good-1"), front.know("guess")), (None, None));
    assert_eq!(front.ask("good-1").await, found("ep-1", "id-1"));
    assert_eq!(front.ask("guess").await, refused(UNKNOWN));
    assert_eq!(provider.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_from_before_a_lost_connection_is_asked_again() {
    let world = World::new();
    let mut puppet = world.puppet().await;
    let front = world.front().await;
    let asker = tokio::spawn(front.ask("t"));
    let question = puppet.next().await;
    // Gone and back before anybody looks.
    world.server.stop();
    world.server.start();
    quiet().await;
    puppet.answer(&question, (200, Some("ep-1"), Some("id-1"))).await;
    let question = puppet.next().await;
    puppet.answer(&question, (200, Some("ep-2"), Some("id-2"))).await;
    assert_eq!(asker.await.unwrap(), found("ep-2", "id-2"));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_that_cannot_be_read_is_taken_for_one_of_everything() {
    let world = World::new();
    let _provider = world.provider().await;
    let front = world.front().await;
    front.ask("good-1").await.unwrap();
    let subject = Subject::from(&revoked("ep-1", &[]).subject(&PROVIDER).unwrap());
    world.server.connect().publish(subject, None, "\u{2}x".into()).await.unwrap();
    quiet().await;
    assert_eq!(front.know("good-1"), None);
    assert_eq!(front.tokens.counters().malformed, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_sessions_may_be_slow_or_gone_and_tokens_are_forgotten_all_the_same() {
    let world = World::new();
    let _provider = world.provider().await;
    let mut front = world.front().await;
    for token in ["good-1", "good-2", "good-3"] {
        front.ask(token).await.unwrap();
    }
    // The channel has room for one.
    for (endpoint, id) in [("ep-1", "id-1"), ("ep-2", "id-2"), ("ep-3", "id-3")] {
        world.revoke(endpoint, &[id]).await;
        quiet().await;
    }
    assert_eq!(["good-1", "good-2", "good-3"].map(|token| front.know(token)), [None, None, None]);
    assert_eq!(front.revoked.recv().await, Some(tokens(&["id-1"])));
    assert_eq!(front.revoked.recv().await, Some(tokens(&["id-2", "id-3"])));
    front.revoked.close();
    front.ask("good-4").await.unwrap();
    world.revoke("ep-4", &["id-4"]).await;
    quiet().await;
    assert_eq!(front.know("good-4"), None);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_revocations_at_once_are_done_within_a_second() {
    let world = World::new();
    let _provider = world.provider().await;
    let mut front = world.front().await;
    front.ask("good-9999").await.unwrap();
    let (cred, before) = (world.messaging("cred"), Instant::now());
    for number in 0..10_000 {
        let event = EndpointTokenRevokedEvent {
            endpoint_id: format!("ep-{number}").into(),
            token_ids: [&*format!("id-{number}")].into_iter().collect(),
            ..EndpointTokenRevokedEvent::default()
        };
        cred.publish_event(&event).await.unwrap();
    }
    let mut ids = 0;
    while ids < 10_000 {
        let Some(Revocation::Tokens(more)) = front.revoked.recv().await else { panic!("{ids}") };
        ids += more.len();
    }
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(front.know("good-9999"), None);
}
