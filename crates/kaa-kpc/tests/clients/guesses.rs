//! Guessing, seen from outside.

use std::sync::Arc;
use std::time::Duration;

use kaa_kpc::identity::clients::Denied;
use kaa_protocol::ecap::{
    ClientUsernamePasswordValidationRequest as PasswordRequest,
    ClientUsernamePasswordValidationResponse as PasswordResponse,
};
use tokio::task::JoinSet;

use crate::world::{World, address, password};

async fn world() -> World {
    let world = World::new();
    world
        .answering(|request: &PasswordRequest| PasswordResponse {
            client_id: request.username.clone(),
            status_code: if request.password.as_deref() == Some("right") { 200 } else { 401 },
            ..PasswordResponse::default()
        })
        .await;
    world
}

#[tokio::test(start_paused = true)]
async fn of_ten_thousand_guesses_a_minute_ten_reach_the_provider_and_others_do_not_notice() {
    let world = world().await;
    let authenticator = Arc::new(world.ecap().await);
    let mut guesses = JoinSet::new();
    for number in 0..10_000_u64 {
        let authenticator = Arc::clone(&authenticator);
        guesses.spawn(async move {
            // Two hundred each second, less than a minute.
            tokio::time::sleep(Duration::from_millis(number * 5)).await;
            let user_name = format!("user-{}", number % 100);
            authenticator.admit(&password(&user_name, "wrong"), address(1)).await
        });
    }
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(authenticator.admit(&password("user-1", "right"), address(2)).await.is_ok());
    }
    let verdicts = guesses.join_all().await;
    let evaluated = verdicts.iter().filter(|verdict| **verdict == Err(Denied::Credentials)).count();
    assert!((5..=10).contains(&evaluated), "{evaluated}");
    let counters = authenticator.counters();
    assert_eq!((counters.refused + counters.throttled, counters.admitted), (10_000, 40));
}

#[tokio::test(start_paused = true)]
async fn even_the_right_password_is_not_looked_at_while_it_has_to_wait() {
    let world = world().await;
    let authenticator = world.ecap().await;
    for _ in 0..5 {
        let refused = authenticator.admit(&password("ann", "wrong"), address(1)).await;
        assert_eq!(refused, Err(Denied::Credentials));
    }
    let refused = authenticator.admit(&password("ann", "right"), address(1)).await;
    assert_eq!(refused, Err(Denied::TooMany { retry_after: Duration::from_secs(1) }));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(authenticator.admit(&password("ann", "right"), address(1)).await.is_ok());
}
