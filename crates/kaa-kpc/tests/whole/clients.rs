//! Clients with user names and passwords.

use std::time::Duration;

use kaa_kpc::identity::clients::{AuthenticatorOptions, StaticOptions, hash_password};

use crate::device::{Device, End, V5, V311, Version};
use crate::provider::{Provider, cap, ecap};
use crate::world::{Service, World};

/// Within which a revocation takes effect.
const SOON: Duration = Duration::from_secs(1);

const TOPIC: &str = "v1/ext/ep-1/echo";

/// Who says `one` is let in, and who says anything else or nothing is not.
async fn assert_passwords_decide(service: &Service) {
    for (version, code) in [(V311, 4), (V5, 0x86)] {
        assert_eq!(service.login(version, "ann", "two").await.err(), Some(code), "{version:?}");
        let mut device = service.login(version, "ann", "one").await.unwrap();
        assert_eq!(device.ask(&format!("{TOPIC}/1")).await, ("status".into(), "hello".into()));
    }
    let mut web = service.web().await;
    assert_eq!(web.ask_as("ann", "one", TOPIC).await, 200);
    assert_eq!(web.ask_as("ann", "two", TOPIC).await, 401);
    assert_eq!(web.ask(TOPIC).await.0, 401);
    let nobody = Device::connect(service.socket().await, V5, "ann", None).await;
    assert_eq!(nobody.err(), Some(0x86));
}

#[tokio::test]
async fn passwords_of_the_configuration_decide() {
    let world = World::new().await;
    // Hashing takes a while, but the thread of the test has nothing else to do.
    let passwords = [("ann".to_owned(), hash_password("one").unwrap())].into();
    let options = StaticOptions { passwords, timeout: Duration::from_secs(9), ..StaticOptions::default() };
    let clients = AuthenticatorOptions::Static(options);
    assert_passwords_decide(&world.serve_with(|options| options.clients = clients).await).await;
}

#[tokio::test]
async fn a_provider_of_16_ecap_decides() {
    let world = World::new().await;
    let _provider = Provider::start(&world).await;
    assert_passwords_decide(&world.serve_with(|options| options.clients = ecap()).await).await;
}

#[tokio::test]
async fn a_provider_of_22_cap_decides() {
    let world = World::new().await;
    let _provider = Provider::start(&world).await;
    assert_passwords_decide(&world.serve_with(|options| options.clients = cap()).await).await;
}

#[tokio::test]
async fn without_a_provider_clients_are_told_to_come_back() {
    let world = World::new().await;
    let service = world.serve_with(|options| options.clients = ecap()).await;
    for (version, code) in [(V311, 3), (V5, 0x88)] {
        assert_eq!(service.login(version, "ann", "one").await.err(), Some(code), "{version:?}");
    }
    assert_eq!(service.web().await.ask_as("ann", "one", TOPIC).await, 503);
}

/// Two clients; one is revoked.
async fn assert_revocation_cuts(service: &Service, version: Version, revoke: impl Future<Output = ()>) {
    let ann = service.login(version, "ann", "one").await.unwrap();
    let mut bob = service.login(version, "bob", "one").await.unwrap();
    let mut web = service.web().await;
    assert_eq!(web.ask_as("ann", "one", TOPIC).await, 200);

    revoke.await;
    let end = tokio::time::timeout(SOON, ann.end()).await.expect("cut within a second");
    assert_eq!(end, End::because(0x87, version));

    assert_eq!(bob.ask(&format!("{TOPIC}/1")).await.0, "status");
    assert!(service.login(version, "ann", "one").await.is_err());
    assert_eq!(web.ask_as("ann", "one", TOPIC).await, 401);
    assert_eq!(web.ask_as("bob", "one", TOPIC).await, 200);
}

#[tokio::test]
async fn a_revocation_by_16_ecap_cuts_the_session_within_a_second_and_no_other() {
    for version in [V311, V5] {
        let world = World::new().await;
        let provider = Provider::start(&world).await;
        let service = world.serve_with(|options| options.clients = ecap()).await;
        assert_revocation_cuts(&service, version, provider.revoke_ecap("ann")).await;
    }
}

#[tokio::test]
async fn a_revocation_by_22_cap_cuts_the_session_within_a_second_and_no_other() {
    let world = World::new().await;
    let provider = Provider::start(&world).await;
    let service = world.serve_with(|options| options.clients = cap()).await;
    assert_revocation_cuts(&service, V5, provider.revoke_cap("ann")).await;
}

#[tokio::test]
async fn another_client_cannot_take_over_by_the_client_id() {
    let world = World::new().await;
    let _provider = Provider::start(&world).await;
    let service = world.serve_with(|options| options.clients = ecap()).await;
    let mut ann = service.login(V5, "ann", "one").await.unwrap();
    let bob = Device::connect(service.socket().await, V5, "ann", Some(("bob", "one"))).await;
    assert_eq!(bob.err(), Some(0x85));
    assert_eq!(ann.ask(&format!("{TOPIC}/1")).await.0, "status");
}

#[tokio::test]
async fn who_guesses_has_to_wait_and_nobody_who_is_known() {
    let world = World::new().await;
    let _provider = Provider::start(&world).await;
    let service = world.serve_with(|options| options.clients = ecap()).await;
    service.login(V5, "bob", "one").await.unwrap().leave().await;
    for guess in ["a", "b", "c", "d", "e"] {
        assert_eq!(service.login(V5, "ann", guess).await.err(), Some(0x86), "{guess}");
    }
    // The right one has to wait as well, or guessing would be as fast as ever.
    for (version, code) in [(V311, 3), (V5, 0x9f)] {
        assert_eq!(service.login(version, "ann", "one").await.err(), Some(code), "{version:?}");
    }
    assert_eq!(service.web().await.ask_as("ann", "one", TOPIC).await, 429);
    assert!(service.login(V5, "bob", "one").await.is_ok());
}
