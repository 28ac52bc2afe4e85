use futures_util::FutureExt;

use super::*;
use crate::session::tests::world::World;

fn client(id: Option<&str>, credential: Option<&str>) -> Client {
    Client { id: id.map(Into::into), credential: credential.map(Into::into) }
}

async fn take(world: &World, name: &str, client: &Client) -> Result<Place, Refused> {
    Place::take(&world.front, name.into(), client).await
}

#[tokio::test(start_paused = true)]
async fn a_place_is_given_back() {
    let world = World::new().await;
    let sessions = &world.front.sessions;
    let first = take(&world, "a", &Client::default()).await.unwrap();
    let second = take(&world, "b", &Client::default()).await.unwrap();
    assert_eq!((sessions.open(), first.handle().client_id()), (2, "a"));
    drop(first);
    drop(second);
    assert_eq!(sessions.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn only_the_same_client_takes_a_session_over() {
    let world = World::new().await;
    for (owner, other) in [(Some("ada"), Some("eve")), (Some("ada"), None), (None, Some("eve"))] {
        let place = take(&world, "a", &client(owner, None)).await.unwrap();
        assert_eq!(take(&world, "a", &client(other, None)).await.unwrap_err(), Refused::NotYours);
        assert_eq!(place.handle().current_order(), Order::None);
        drop(place);
        // Once it is over, the name is free.
        drop(take(&world, "a", &client(other, None)).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_over_waits_until_the_former_is_gone() {
    let world = World::new().await;
    // Another credential of the same client.
    let former = take(&world, "a", &client(Some("ada"), Some("1"))).await.unwrap();
    let newcomer = client(Some("ada"), Some("2"));
    let mut waiting = Box::pin(take(&world, "a", &newcomer));
    assert!((&mut waiting).now_or_never().is_none());
    former.handle().ordered().await;
    assert_eq!((former.handle().current_order(), world.front.sessions.open()), (Order::TakenOver, 1));
    assert!((&mut waiting).now_or_never().is_none());
    drop(former);
    let place = waiting.await.unwrap();
    assert_eq!((place.handle().current_order(), world.front.sessions.open()), (Order::None, 1));
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_leaves_nothing_behind() {
    let world = World::new().await;
    let former = take(&world, "a", &Client::default()).await.unwrap();
    let nobody = Client::default();
    let mut waiting = Box::pin(take(&world, "a", &nobody));
    assert!((&mut waiting).now_or_never().is_none());
    drop(waiting);
    assert_eq!(world.front.sessions.open(), 0);
    drop(former);
    drop(take(&world, "a", &Client::default()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_revocation_ends_the_sessions_that_rest_on_it_and_no_others() {
    let world = World::new().await;
    let sessions = &world.front.sessions;
    let a = take(&world, "a", &client(None, Some("card"))).await.unwrap();
    let b = take(&world, "b", &client(None, None)).await.unwrap();
    let c = take(&world, "c", &client(None, None)).await.unwrap();
    assert_eq!(b.handle().use_token(&"t-1".into()), Some(true));
    assert_eq!(b.handle().use_token(&"t-1".into()), Some(false));
    let orders = || [&a, &b, &c].map(|place| place.handle().current_order());
    sessions.revoke(&Revocation::Tokens(vec!["card".into(), "t-2".into()]));
    sessions.revoke(&Revocation::Credential("t-1".into()));
    assert_eq!(orders(), [Order::None; 3]);
    sessions.revoke(&Revocation::Tokens(vec!["t-2".into(), "t-1".into()]));
    assert_eq!(orders(), [Order::None, Order::Revoked, Order::None]);
    sessions.revoke(&Revocation::Credential("card".into()));
    assert_eq!(orders(), [Order::Revoked, Order::Revoked, Order::None]);
    assert_eq!(sessions.revocations(), 4);
    // A graver order stays.
    sessions.drain();
    assert_eq!(orders(), [Order::Revoked, Order::Revoked, Order::Drain]);
}

#[tokio::test(start_paused = true)]
async fn one_session_uses_4096_tokens() {
    let world = World::new().await;
    let place = take(&world, "a", &Client::default()).await.unwrap();
    for token in 0..4096 {
        assert_eq!(place.handle().use_token(&token.to_string().into()), Some(true));
    }
    assert_eq!(place.handle().use_token(&"one more".into()), None);
    assert_eq!(place.handle().use_token(&"7".into()), Some(false));
}

#[tokio::test(start_paused = true)]
async fn no_session_begins_while_the_others_end() {
    let world = World::new().await;
    world.front.sessions.drain();
    assert_eq!(take(&world, "a", &Client::default()).await.unwrap_err(), Refused::Stopping);
}
