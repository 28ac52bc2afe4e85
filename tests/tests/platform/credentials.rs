//! Who is let in, and who is cut off: `kaa-kpc` asks `ccm`.

use std::net::SocketAddr;

use kaa_tests::device::{Device, post};
use kaa_tests::http::call;
use kaa_tests::service::Service;
use serde_json::json;

use kaa_tests::world::{World, eventually};

/// Everybody may connect, and a token has to be known.
const TOKENS: &str = "tokens: { mode: ecap, provider: ccm }\n";

/// Clients have to show a password as well.
const ECAP_CLIENTS: &str = "
tokens: { mode: ecap, provider: ccm }
clients: { mode: ecap, provider: ccm }
";
const CAP_CLIENTS: &str = "
tokens: { mode: ecap, provider: ccm }
clients: { mode: cap, tenant-id: t-1, provider: ccm }
";

/// A world that asks `ccm`, and an extension to speak to: the time, which here is told endpoints.
async fn guarded(communication: &str) -> (World, Service, Service, SocketAddr) {
    let world = World::start_with(communication).await;
    let (mut ccm, tsx) = tokio::join!(world.service("ccm", &[]), world.service("tsx", &[]));
    let rest = ccm.rest().await;
    (world, ccm, tsx, rest)
}

/// A new token of an endpoint: its ID, and itself.
async fn token(rest: SocketAddr, endpoint: &str) -> (String, String) {
    let body = json!({ "application": "av", "endpoint": endpoint });
    let created = call(rest, "POST", "/tokens", &body.to_string()).await;
    assert_eq!(created.status, 201, "{created:?}");
    let text = |field: &str| created.json()[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

/// Suspends, resumes or revokes.
async fn step(rest: SocketAddr, of: &str, id: &str, step: &str) {
    let done = call(rest, "POST", &format!("/{of}/{id}/{step}"), "").await;
    assert_eq!(done.status, 200, "{done:?}");
}

async fn is_served(device: &mut Device, token: &str) {
    let topic = format!("tsx/{token}/json/1");
    assert_eq!(device.asks(&topic, "").await.0, format!("{topic}/status"));
}

async fn is_refused(world: &World, token: &str, code: u16) {
    let mut device = world.device("refused").await;
    device.tell(&format!("tsx/{token}/json/1"), "").await;
    device.hears_error(&format!("tsx/{token}/json/1"), code).await;
    assert_eq!(post(&world.kpc, &format!("tsx/{token}/json"), "").await.0, code);
}

#[tokio::test]
async fn an_active_token_is_served_and_a_suspended_one_cut_off_and_refused_until_it_is_resumed() {
    let (world, _ccm, _tsx, rest) = guarded(TOKENS).await;
    let (id, token) = token(rest, "device-1").await;
    let mut device = world.device("device-1").await;
    is_served(&mut device, &token).await;
    assert_eq!(post(&world.kpc, &format!("tsx/{token}/json"), "").await.0, 200);

    step(rest, "tokens", &id, "suspend").await;
    device.gets_cut().await;
    is_refused(&world, &token, 403).await;

    step(rest, "tokens", &id, "resume").await;
    eventually("200", async || {
        (post(&world.kpc, &format!("tsx/{token}/json"), "").await.0 == 200).then_some(())
    })
    .await;
    let mut device = world.device("device-1").await;
    is_served(&mut device, &token).await;

    step(rest, "tokens", &id, "revoke").await;
    device.gets_cut().await;
    is_refused(&world, &token, 403).await;
    let resumed = call(rest, "POST", &format!("/tokens/{id}/resume"), "").await;
    assert_eq!(resumed.status, 409, "what is revoked stays so: {resumed:?}");
}

#[tokio::test]
async fn nobody_is_let_in_with_an_unknown_token_or_while_nobody_could_know_it() {
    let (world, ccm, _tsx, rest) = guarded(TOKENS).await;
    is_refused(&world, "guessed", 404).await;
    let (_, token) = token(rest, "device-1").await;
    ccm.killed().await;
    is_refused(&world, &token, 503).await;
    let mut ccm = world.service("ccm", &[]).await;
    let mut device = world.device("device-1").await;
    is_served(&mut device, &token).await;
    let known = call(ccm.rest().await, "GET", "/tokens", "").await;
    assert!(!known.body.contains(&token), "a token is shown once: {known:?}");
}

async fn a_client_logs_in_and_is_cut_off(communication: &str) {
    let (world, _ccm, _tsx, rest) = guarded(communication).await;
    let created = |username: &'static str, password: &'static str| async move {
        let body =
            json!({ "tenant": "t-1", "client": "gateway", "username": username, "password": password });
        let created = call(rest, "POST", "/clients", &body.to_string()).await;
        assert_eq!(created.status, 201, "{created:?}");
        assert!(!created.body.contains(password), "{created:?}");
        created.json()["id"].as_str().unwrap().to_owned()
    };
    let (ann, bob) = (created("ann", "correct horse").await, created("bob", "battery staple").await);
    let (_, token) = token(rest, "device-1").await;

    for (username, password) in [("ann", "battery staple"), ("eve", "correct horse"), ("ann", "")] {
        let refused = Device::log_in(&world.kpc, username, password).await;
        assert!(refused.is_err(), "{username}, {password}");
    }
    assert_eq!(post(&world.kpc, &format!("tsx/{token}/json"), "").await.0, 401);
    let mut ann_device = Device::log_in(&world.kpc, "ann", "correct horse").await.unwrap();
    let mut bob_device = Device::log_in(&world.kpc, "bob", "battery staple").await.unwrap();
    is_served(&mut ann_device, &token).await;

    step(rest, "clients", &ann, "suspend").await;
    ann_device.gets_cut().await;
    assert!(Device::log_in(&world.kpc, "ann", "correct horse").await.is_err());
    step(rest, "clients", &ann, "resume").await;
    let mut ann_device = Device::log_in(&world.kpc, "ann", "correct horse").await.unwrap();
    is_served(&mut ann_device, &token).await;

    // That was nobody else's concern.
    is_served(&mut bob_device, &token).await;
    step(rest, "clients", &bob, "revoke").await;
    bob_device.gets_cut().await;
    assert!(Device::log_in(&world.kpc, "bob", "battery staple").await.is_err());
}

#[tokio::test]
async fn a_client_of_16_ecap_logs_in_with_its_password_and_is_cut_off_when_that_counts_no_more() {
    a_client_logs_in_and_is_cut_off(ECAP_CLIENTS).await;
}

#[tokio::test]
async fn a_client_of_22_cap_logs_in_with_its_password_and_is_cut_off_when_that_counts_no_more() {
    a_client_logs_in_and_is_cut_off(CAP_CLIENTS).await;
}
