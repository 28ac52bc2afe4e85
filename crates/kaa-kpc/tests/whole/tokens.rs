//! Tokens that a 16/ECAP provider knows.

use std::time::Duration;

use crate::device::{End, V5, V311, status_code};
use crate::provider::{Provider, tokens};
use crate::world::World;

/// Within which a revocation takes effect.
const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_unknown_token_is_404_and_a_known_one_works_over_both() {
    let world = World::new().await;
    let _provider = Provider::start(&world).await;
    let service = world.serve_with(|options| options.tokens = tokens()).await;
    for version in [V311, V5] {
        let mut device = service.device(version, "a").await;
        assert_eq!(device.refused("v1/ext/bad-1/echo/1").await, 404);
        assert_eq!(device.ask("v1/ext/good-1/echo/2").await, ("status".into(), "hello".into()));
        // What nobody waits for is told its failure all the same.
        assert_eq!(device.refused("v1/ext/bad-1/echo").await, 404);
    }
    let mut web = service.web().await;
    let (code, body) = web.ask("v1/ext/bad-1/echo").await;
    assert_eq!((code, status_code(&body)), (404, 404));
    assert_eq!(web.ask("v1/ext/good-1/echo").await, (200, "hello".into()));
}

#[tokio::test]
async fn without_a_provider_tokens_are_503() {
    let world = World::new().await;
    let service = world.serve_with(|options| options.tokens = tokens()).await;
    let mut device = service.device(V5, "a").await;
    assert_eq!(device.refused("v1/ext/good-1/echo/1").await, 503);
    assert_eq!(service.web().await.ask("v1/ext/good-1/echo").await.0, 503);
}

#[tokio::test]
async fn a_revocation_cuts_the_sessions_that_used_the_token_within_a_second_and_no_others() {
    let world = World::new().await;
    let provider = Provider::start(&world).await;
    let service = world.serve_with(|options| options.tokens = tokens()).await;
    for version in [V311, V5] {
        let x = format!("{version:?}");
        let topic = format!("v1/ext/good-{x}/echo/1");
        let mut used = service.device(version, "used").await;
        let mut other = service.device(version, "other").await;
        let mut unused = service.device(version, "unused").await;
        assert_eq!(used.ask(&topic).await.0, "status");
        assert_eq!(other.ask("v1/ext/good-other/echo/1").await.0, "status");

        provider.revoke_token(&x).await;
        let end = tokio::time::timeout(SOON, used.end()).await.expect("cut within a second");
        assert_eq!(end, End::because(0x87, version));

        assert_eq!(other.ask("v1/ext/good-other/echo/2").await.0, "status");
        assert_eq!(unused.refused(&topic).await, 403);
        assert_eq!(service.web().await.ask(&format!("v1/ext/good-{x}/echo")).await.0, 403);
    }
    assert_eq!(service.kpc.counters().front.revoked, 2);
}

#[tokio::test]
async fn over_http_the_next_request_with_a_revoked_token_is_refused() {
    let world = World::new().await;
    let provider = Provider::start(&world).await;
    let service = world.serve_with(|options| options.tokens = tokens()).await;
    let (mut web, mut device) = (service.web().await, service.device(V5, "a").await);
    assert_eq!(web.ask("v1/ext/good-1/echo").await.0, 200);
    assert_eq!(device.ask("v1/ext/good-1/echo/1").await.0, "status");
    provider.revoke_token("1").await;
    // When the session is cut, the service has heard of it.
    assert_eq!(device.end().await, End::Disconnect(0x87));
    assert_eq!(web.ask("v1/ext/good-1/echo").await.0, 403);
    assert_eq!(web.ask("v1/ext/good-2/echo").await.0, 200);
}
