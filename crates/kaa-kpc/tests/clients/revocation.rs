//! What a provider takes back.

use std::sync::Arc;
use std::time::Duration;

use kaa_bus::Messaging;
use kaa_kpc::identity::Revocation;
use kaa_kpc::identity::clients::{Authenticator, AuthenticatorOptions, Denied, ProviderOptions};
use kaa_protocol::cap::ClientCredentialsRevokedEvent;
use kaa_protocol::ecap::{
    ClientCredentialRevokedEvent, ClientUsernamePasswordValidationRequest as PasswordRequest,
    ClientUsernamePasswordValidationResponse as PasswordResponse,
};
use tokio::sync::mpsc;

use crate::world::{PROVIDER, World, address, cap_options, client, password, quiet};

fn ecap() -> AuthenticatorOptions {
    AuthenticatorOptions::Ecap(ProviderOptions::new(PROVIDER))
}

fn revoked(credential: &str) -> Revocation {
    Revocation::Credential(credential.into())
}

async fn revoke(provider: &Messaging, credential: &str) {
    let event = ClientCredentialRevokedEvent {
        credential_id: credential.into(),
        ..ClientCredentialRevokedEvent::default()
    };
    provider.publish_event(&event).await.unwrap();
}

fn let_in() -> PasswordResponse {
    PasswordResponse {
        credential_id: Some("credential-1".into()),
        client_id: Some("client-1".into()),
        status_code: 200,
        ..PasswordResponse::default()
    }
}

#[tokio::test(start_paused = true)]
async fn every_replica_passes_on_what_its_provider_revokes_and_nobody_else() {
    let world = World::new();
    let mut replicas = [world.start(ecap()).await, world.start(ecap()).await];
    revoke(&world.messaging("stranger"), "credential-0").await;
    revoke(&world.messaging("auth"), "credential-1").await;
    for (authenticator, revocations) in &mut replicas {
        assert_eq!(revocations.recv().await, Some(revoked("credential-1")));
        assert_eq!(authenticator.counters().revoked, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_tenant_are_not_ours_to_cut() {
    let world = World::new();
    let (_authenticator, mut revocations) = world.start(cap_options()).await;
    let provider = world.messaging("auth");
    for (tenant_id, credential) in [("tenant-2", "credential-1"), ("tenant-1", "credential-2")] {
        let event = ClientCredentialsRevokedEvent {
            tenant_id: tenant_id.into(),
            credentials_id: credential.into(),
            ..ClientCredentialsRevokedEvent::default()
        };
        provider.publish_event(&event).await.unwrap();
    }
    assert_eq!(revocations.recv().await, Some(revoked("credential-2")));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_asked_about_before_does_not_slip_through() {
    let world = World::new();
    let (authenticator, mut revocations) = world.start(ecap()).await;
    let authenticator = Arc::new(authenticator);
    let mut provider = world.provider::<PasswordRequest>().await;
    let admitted = tokio::spawn({
        let authenticator = Arc::clone(&authenticator);
        async move { authenticator.admit(&password("ann", "one"), address(1)).await }
    });
    let asked = provider.next().await;
    revoke(&world.messaging("auth"), "credential-1").await;
    assert_eq!(revocations.recv().await, Some(revoked("credential-1")));
    provider.answer(&asked, let_in()).await;
    assert_eq!(admitted.await.unwrap(), Err(Denied::Credentials));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_its_provider_lets_in_again_is_let_in_at_once() {
    let world = World::new();
    let (authenticator, mut revocations) = world.start(ecap()).await;
    let authenticator = Arc::new(authenticator);
    let mut provider = world.provider::<PasswordRequest>().await;
    revoke(&world.messaging("auth"), "credential-1").await;
    assert_eq!(revocations.recv().await, Some(revoked("credential-1")));
    tokio::time::advance(Duration::from_millis(1)).await;
    let admitted = tokio::spawn({
        let authenticator = Arc::clone(&authenticator);
        async move { authenticator.admit(&password("ann", "one"), address(1)).await }
    });
    let asked = provider.next().await;
    provider.answer(&asked, let_in()).await;
    assert_eq!(admitted.await.unwrap(), Ok(client("client-1", Some("credential-1"))));
}

#[tokio::test(start_paused = true)]
async fn revocations_wait_for_who_cuts_sessions_and_none_is_lost() {
    let world = World::new();
    let (sender, mut revocations) = mpsc::channel(1);
    let authenticator = Authenticator::start(world.messaging("kpc"), ecap(), sender).await.unwrap();
    let provider = world.messaging("auth");
    for number in 0..100 {
        revoke(&provider, &format!("credential-{number}")).await;
    }
    quiet().await;
    // One has its place, and one waits for it.
    assert_eq!(authenticator.counters().revoked, 2);
    for number in 0..100 {
        assert_eq!(revocations.recv().await, Some(revoked(&format!("credential-{number}"))));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_none_is_passed_over() {
    let world = World::new();
    let (_authenticator, mut revocations) = world.start(ecap()).await;
    let provider = world.messaging("auth");
    let subject = "kaa.v1.events.auth.client.credential.revoked".parse().unwrap();
    provider.bus().publish(subject, None, "nonsense".into()).await.unwrap();
    revoke(&provider, "credential-1").await;
    assert_eq!(revocations.recv().await, Some(revoked("credential-1")));
}

#[tokio::test(start_paused = true)]
async fn an_authenticator_that_is_dropped_listens_no_more() {
    let world = World::new();
    let (authenticator, mut revocations) = world.start(ecap()).await;
    drop(authenticator);
    assert_eq!(revocations.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn without_a_bus_nothing_starts_as_revocations_would_be_missed() {
    let world = World::new();
    world.server.stop();
    let (sender, _revocations) = mpsc::channel(1);
    let error = Authenticator::start(world.messaging("kpc"), ecap(), sender).await.unwrap_err();
    assert_eq!(error.to_string(), "revoked credentials would not be noticed");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("kaa.v1.events.auth.client.credential.revoked"), "{source}");
}
