//! Who may ask. Hashes take real time, so it is not paused here.

use std::time::Duration;

use data_encoding::BASE64;

use super::world::{Client, Got, World};
use crate::identity::Revocation;
use crate::identity::clients::{AuthenticatorOptions, StaticOptions, hash_password};
use crate::limits::Limits;

/// A service that knows one client.
async fn world() -> World {
    let passwords = [("alice".to_owned(), hash_password("wonder:land").unwrap())].into();
    let timeout = Duration::from_secs(60);
    let options = StaticOptions { passwords, timeout, ..StaticOptions::default() };
    World::with(Limits::default(), AuthenticatorOptions::Static(options)).await
}

async fn ask(client: &mut Client, credentials: &[&str]) -> Got {
    let fields =
        credentials.iter().map(|text| format!("Authorization: Basic {}\r\n", BASE64.encode(text.as_bytes())));
    let fields: String = fields.collect();
    client.ask(format!("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\n{fields}\r\n")).await
}

#[tokio::test]
async fn who_is_not_known_is_challenged_and_may_try_again() {
    let world = world().await;
    let mut client = world.client();
    for wrong in [&[][..], &["alice:wonder"], &["alice:"], &["bob:wonder:land"]] {
        let got = ask(&mut client, wrong).await;
        assert_eq!(got.error(), (401, "the credentials are not valid".to_owned()), "{wrong:?}");
        assert_eq!(got.field("www-authenticate"), Some(r#"Basic realm="kaa", charset="UTF-8""#));
    }
    assert_eq!(ask(&mut client, &["alice:wonder:land"]).await.status, 200);
    assert_eq!(world.front.tally.snapshot().denied, 4);
}

#[tokio::test]
async fn what_is_not_here_is_told_to_everybody() {
    let world = world().await;
    let mut client = world.client();
    assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 404);
    assert_eq!(world.front.tally.snapshot().denied, 0);
}

#[tokio::test]
async fn two_credentials_are_none() {
    let world = world().await;
    let mut client = world.client();
    let got = ask(&mut client, &["alice:wonder:land", "alice:wonder:land"]).await;
    assert_eq!((got.error().0, got.closes()), (400, true));
}

#[tokio::test]
async fn who_guesses_too_often_is_told_to_wait() {
    let world = world().await;
    let mut client = world.client();
    let mut statuses = Vec::new();
    for guess in 0..12 {
        let got = ask(&mut client, &[&format!("alice:{guess}")]).await;
        if got.status == 429 {
            let seconds: u64 = got.field("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
        }
        statuses.push(got.status);
    }
    assert_eq!((statuses[0], statuses[11]), (401, 429), "{statuses:?}");
}

#[tokio::test]
async fn who_was_admitted_is_not_checked_again_until_something_is_revoked() {
    let world = world().await;
    let mut client = world.client();
    let admitted = || world.front.authenticator.counters().admitted;
    for _ in 0..3 {
        assert_eq!(ask(&mut client, &["alice:wonder:land"]).await.status, 200);
    }
    assert_eq!(admitted(), 1);
    assert_eq!(ask(&mut client, &["alice:other"]).await.status, 401, "these are others");
    assert_eq!(ask(&mut client, &["alice:wonder:land"]).await.status, 200);
    assert_eq!(admitted(), 1);
    world.front.sessions.revoke(&Revocation::Credential("whose".into()));
    for _ in 0..3 {
        assert_eq!(ask(&mut client, &["alice:wonder:land"]).await.status, 200);
    }
    assert_eq!(admitted(), 2);
    // Another connection is another matter.
    assert_eq!(ask(&mut world.client(), &["alice:wonder:land"]).await.status, 200);
    assert_eq!(admitted(), 3);
}
