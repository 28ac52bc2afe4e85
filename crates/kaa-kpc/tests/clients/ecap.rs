//! 16/ECAP: a provider decides.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use kaa_kpc::identity::clients::{AuthenticatorOptions, Denied, Login, ProviderOptions};
use kaa_protocol::ecap::{
    ClientCertificateValidationRequest as CertificateRequest,
    ClientCertificateValidationResponse as CertificateResponse,
    ClientUsernamePasswordValidationRequest as PasswordRequest,
    ClientUsernamePasswordValidationResponse as PasswordResponse,
};
use kaa_protocol::ism::Message;
use tokio::time::Instant;

use crate::world::{PROVIDER, World, address, certificate, client, password, quiet};

fn response(status_code: i32, client_id: Option<&str>) -> PasswordResponse {
    PasswordResponse {
        credential_id: Some("credential-1".into()),
        client_id: client_id.map(Into::into),
        status_code,
        reason_phrase: Some("canary".into()),
        ..PasswordResponse::default()
    }
}

#[tokio::test(start_paused = true)]
async fn the_provider_is_asked_with_what_the_client_shows_and_says_who_it_is() {
    let world = World::new();
    let authenticator = Arc::new(world.ecap().await);
    let mut provider = world.provider::<PasswordRequest>().await;
    let admitted = tokio::spawn({
        let authenticator = Arc::clone(&authenticator);
        async move { authenticator.admit(&password("ann", "pässwörd"), address(1)).await }
    });

    let asked = provider.next().await;
    assert_eq!(asked.request.username, Some("ann".into()));
    assert_eq!(asked.request.password, Some("pässwörd".into()));
    assert!((4_000..=5_000).contains(&asked.request.header().timeout), "{}", asked.request.header().timeout);
    // The second one is one too many, and does no harm.
    provider.answer(&asked, response(200, Some("client-1"))).await;
    provider.answer(&asked, response(401, None)).await;

    assert_eq!(admitted.await.unwrap(), Ok(client("client-1", Some("credential-1"))));
}

#[tokio::test(start_paused = true)]
async fn the_status_code_decides() {
    let world = World::new();
    world
        .answering(|request: &PasswordRequest| {
            let code = request.password.as_deref().unwrap().parse().unwrap();
            response(code, Some("client-1"))
        })
        .await;
    let authenticator = world.ecap().await;
    for (address_of_its_own, code, expected) in [
        (1, "200", Ok(client("client-1", Some("credential-1")))),
        (2, "401", Err(Denied::Credentials)),
        (3, "403", Err(Denied::Credentials)),
        (4, "404", Err(Denied::Credentials)),
        (5, "201", Err(Denied::Unavailable)),
        (6, "400", Err(Denied::Unavailable)),
        (7, "500", Err(Denied::Unavailable)),
        (8, "503", Err(Denied::Unavailable)),
        (9, "0", Err(Denied::Unavailable)),
        (10, "-200", Err(Denied::Unavailable)),
    ] {
        let admitted = authenticator.admit(&password("ann", code), address(address_of_its_own)).await;
        assert_eq!(admitted, expected, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_without_a_client_is_none() {
    for client_id in [None, Some("")] {
        let world = World::new();
        world.answering(move |_: &PasswordRequest| response(200, client_id)).await;
        let admitted = world.ecap().await.admit(&password("ann", "one"), address(1)).await;
        assert_eq!(admitted, Err(Denied::Unavailable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_credential_has_no_identity_may_connect() {
    let world = World::new();
    world
        .answering(|_: &PasswordRequest| PasswordResponse {
            credential_id: None,
            ..response(200, Some("client-1"))
        })
        .await;
    let admitted = world.ecap().await.admit(&password("ann", "one"), address(1)).await;
    assert_eq!(admitted, Ok(client("client-1", None)));
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_nobody_may_connect_and_that_is_known_at_once() {
    let world = World::new();
    let authenticator = world.ecap().await;
    let start = Instant::now();
    for _ in 0..20 {
        let admitted = authenticator.admit(&password("ann", "one"), address(1)).await;
        assert_eq!(admitted, Err(Denied::Unavailable));
    }
    assert_eq!(start.elapsed(), Duration::ZERO);

    world.server.stop();
    let admitted = authenticator.admit(&password("ann", "one"), address(1)).await;
    assert_eq!(admitted, Err(Denied::Unavailable));

    world.server.start();
    world.answering(|_: &PasswordRequest| response(200, Some("client-1"))).await;
    assert!(authenticator.admit(&password("ann", "one"), address(1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_none() {
    let world = World::new();
    let authenticator = Arc::new(world.ecap().await);
    let mut provider = world.provider::<PasswordRequest>().await;
    let start = Instant::now();
    let admitted = tokio::spawn({
        let authenticator = Arc::clone(&authenticator);
        async move { authenticator.admit(&password("ann", "one"), address(1)).await }
    });
    let asked = provider.next().await;
    assert_eq!(admitted.await.unwrap(), Err(Denied::Unavailable));
    assert_eq!(start.elapsed(), Duration::from_secs(5));

    // It is not taken for the answer to the next one, either.
    let next = tokio::spawn(async move { authenticator.admit(&password("ann", "two"), address(1)).await });
    let asked_next = provider.next().await;
    provider.answer(&asked, response(200, Some("client-1"))).await;
    provider.answer(&asked_next, response(401, None)).await;
    assert_eq!(next.await.unwrap(), Err(Denied::Credentials));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_none_is_as_good_as_none() {
    for cut in 0..3 {
        let world = World::new();
        let mut provider = world.provider::<PasswordRequest>().await;
        tokio::spawn(async move {
            let asked = provider.next().await;
            let mut answer = response(200, Some("client-1"));
            answer.set_correlation_id(asked.request.header().correlation_id.into());
            let answer = answer.to_bytes();
            // Without its last fields; bytes that are nothing; nothing.
            let said = match cut {
                0 => answer.slice(..answer.len() - 12),
                1 => vec![0xff; 100].into(),
                _ => bytes::Bytes::new(),
            };
            provider.say(&asked, said).await;
            std::future::pending::<()>().await;
        });
        let admitted = world.ecap().await.admit(&password("ann", "one"), address(1)).await;
        assert_eq!(admitted, Err(Denied::Unavailable), "{cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_certificate_decides_and_the_password_beside_it_is_not_looked_at() {
    let world = World::new();
    world.answering(|_: &PasswordRequest| response(200, Some("by-password"))).await;
    world
        .answering(|request: &CertificateRequest| CertificateResponse {
            credential_id: Some("credential-2".into()),
            client_id: Some("by-certificate".into()),
            status_code: if request.issuer == "CN=ca" && request.serial_number == "7" { 200 } else { 404 },
            ..CertificateResponse::default()
        })
        .await;
    let both = |serial_number| Login {
        certificate: certificate("CN=ca", serial_number).certificate,
        ..password("ann", "one")
    };
    let authenticator = world.ecap().await;
    let admitted = authenticator.admit(&both("7"), address(1)).await;
    assert_eq!(admitted, Ok(client("by-certificate", Some("credential-2"))));
    assert_eq!(authenticator.admit(&both("8"), address(1)).await, Err(Denied::Credentials));
    let admitted = authenticator.admit(&password("ann", "one"), address(1)).await;
    assert_eq!(admitted, Ok(client("by-password", Some("credential-1"))));

    let options = ProviderOptions { certificates: false, ..ProviderOptions::new(PROVIDER) };
    let (ignoring, _revoked) = world.start(AuthenticatorOptions::Ecap(options)).await;
    let admitted = ignoring.admit(&both("8"), address(1)).await;
    assert_eq!(admitted, Ok(client("by-password", Some("credential-1"))));
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_no_text_is_nobodys_and_nobody_is_asked() {
    let world = World::new();
    let mut provider = world.provider::<PasswordRequest>().await;
    let authenticator = world.ecap().await;
    let login = Login { password: Some(vec![0xff, 0xfe].into()), ..password("ann", "") };
    assert_eq!(authenticator.admit(&login, address(1)).await, Err(Denied::Credentials));
    assert_eq!(authenticator.admit(&Login::default(), address(1)).await, Err(Denied::Credentials));
    assert!(provider.is_idle());
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_said_is_kept() {
    let world = World::new();
    let mut provider = world.provider::<PasswordRequest>().await;
    let authenticator = Arc::new(world.ecap().await);
    for code in [200, 401, 200] {
        let admitted = tokio::spawn({
            let authenticator = Arc::clone(&authenticator);
            async move { authenticator.admit(&password("ann", "one"), address(1)).await }
        });
        let asked = provider.next().await;
        provider.answer(&asked, response(code, Some("client-1"))).await;
        assert_eq!(admitted.await.unwrap().is_ok(), code == 200);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_lookups_are_open_than_allowed() {
    let world = World::new();
    let mut provider = world.provider::<PasswordRequest>().await;
    let lookups = NonZeroUsize::new(2).unwrap();
    let options = ProviderOptions { lookups, ..ProviderOptions::new(PROVIDER) };
    let (authenticator, _revoked) = world.start(AuthenticatorOptions::Ecap(options)).await;
    let authenticator = Arc::new(authenticator);
    let mut logins = tokio::task::JoinSet::new();
    for number in 0..20 {
        let authenticator = Arc::clone(&authenticator);
        logins.spawn(async move { authenticator.admit(&password("ann", "one"), address(number)).await });
    }
    let mut open = Vec::new();
    for _ in 0..9 {
        open.push(provider.next().await);
        open.push(provider.next().await);
        quiet().await;
        assert!(provider.is_idle());
        for asked in open.drain(..) {
            provider.answer(&asked, response(200, Some("client-1"))).await;
        }
    }
    let mut verdicts = logins.join_all().await;
    verdicts.sort_by_key(Result::is_err);
    assert!(verdicts[..18].iter().all(Result::is_ok));
    // The last two were not answered.
    assert_eq!(verdicts[18..], [Err(Denied::Unavailable), Err(Denied::Unavailable)]);
}
