//! Every way to log in to a real nats-server, and what is said when it does not work.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails has to fail its test")]

use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use kaa_bus::{Bus, ConnectError, NatsOptions, SubjectFilter};
use kaa_tests::nats_jwt::Login;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::{PATIENCE, soon};
use nkeys::KeyPair;

fn options(server: &NatsServer) -> NatsOptions {
    NatsOptions::new(&server.url()).unwrap()
}

/// Logs in and sends itself a message, or says why not.
async fn try_out(options: NatsOptions) -> Result<(), ConnectError> {
    let bus = soon("a connection or an error", Bus::nats(options)).await?;
    let mut subscription = bus.subscribe("a".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
    bus.publish("a".parse().unwrap(), None, "x".into()).await.unwrap();
    assert_eq!(soon("a message", subscription.next()).await.unwrap().payload, "x");
    bus.close(PATIENCE).await.unwrap();
    Ok(())
}

/// The error with all its causes, as a log would show it.
fn in_full(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(format!("{error} {error:?}"), |text, cause| format!("{text}: {cause}"))
}

#[tokio::test]
async fn a_user_with_the_password_gets_in_and_one_without_is_told_what_to_check() {
    let config = "authorization { user: kaa, password: canary-right }";
    let server = NatsServer::start_with(|_| config.to_owned()).await;
    try_out(options(&server).user_and_password("kaa", "canary-right")).await.unwrap();

    for refused in [options(&server).user_and_password("kaa", "canary-wrong"), options(&server)] {
        let error = try_out(refused).await.unwrap_err();
        assert!(matches!(error, ConnectError::Unauthorized { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "no connection to {}: the server refused the login; check user and password, token, nkey or \
                 credentials file",
                server.url()
            )
        );
        assert!(!in_full(&error).contains("canary"), "{}", in_full(&error));
    }
}

#[tokio::test]
async fn a_token_gets_in() {
    let server = NatsServer::start_with(|_| "authorization { token: canary-right }".to_owned()).await;
    try_out(options(&server).token("canary-right")).await.unwrap();
    let error = try_out(options(&server).token("canary-wrong")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unauthorized { .. }), "{error:?}");
    assert!(!in_full(&error).contains("canary"));
}

#[tokio::test]
async fn an_nkey_gets_in_as_text_and_as_file() {
    let user = KeyPair::new_user();
    let (public, seed) = (user.public_key(), user.seed().unwrap());
    let server = NatsServer::start_with(|directory| {
        fs::write(directory.join("user.nk"), format!("{seed}\n")).unwrap();
        format!("authorization {{ users: [ {{ nkey: {public} }} ] }}")
    })
    .await;
    let file = server.directory().join("user.nk");
    try_out(options(&server).nkey_seed(&seed)).await.unwrap();
    try_out(options(&server).nkey_file(&file)).await.unwrap();

    let stranger = KeyPair::new_user().seed().unwrap();
    let error = try_out(options(&server).nkey_seed(&stranger)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unauthorized { .. }), "{error:?}");
    assert!(!in_full(&error).contains(&stranger));

    let error = try_out(options(&server).nkey_seed("canary")).await.unwrap_err();
    let expected =
        format!("no connection to {}: the nkey seed is malformed; expected a user seed (SU…)", server.url());
    assert_eq!(error.to_string(), expected);
    assert!(!in_full(&error).contains("canary"));

    let missing = server.directory().join("missing.nk");
    let error = try_out(options(&server).nkey_file(&missing)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("no connection to NATS: cannot read the nkey file {}", missing.display())
    );
}

#[tokio::test]
async fn a_credentials_file_gets_in() {
    let login = Login::generate();
    let server = NatsServer::start_with(|directory| {
        fs::write(directory.join("user.creds"), &login.credentials).unwrap();
        login.config.clone()
    })
    .await;
    let file = |name: &str, content: &str| {
        let path = server.directory().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    try_out(options(&server).credentials_file(server.directory().join("user.creds"))).await.unwrap();

    let of_a_stranger = file("stranger.creds", &Login::generate().credentials);
    let error = try_out(options(&server).credentials_file(of_a_stranger)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unauthorized { .. }), "{error:?}");

    let malformed = file("malformed.creds", "canary");
    let error = try_out(options(&server).credentials_file(malformed)).await.unwrap_err();
    let expected = "the credentials file is malformed; expected a user JWT and a user seed (SU…), each between its \
                    BEGIN and END line";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert!(!in_full(&error).contains("canary"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_all_its_companions() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = NatsOptions::new(&format!("nats://{unused},nats://127.0.0.1:1")).unwrap();
    let error = try_out(options).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no connection to nats://{unused}, nats://127.0.0.1:1; check that nats-server runs there and that host \
             and port are right"
        )
    );
    assert!(in_full(&error).contains("refused"), "{}", in_full(&error));
}

#[tokio::test]
async fn one_server_of_the_list_is_enough() {
    let server = NatsServer::start().await;
    let list = format!("nats://127.0.0.1:1,{}", server.url());
    for _ in 0..5 {
        try_out(NatsOptions::new(&list).unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    // Accepts connections (the system does) and never speaks.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let timeout = Duration::from_millis(100);
    let url = format!("nats://{}", silent.local_addr().unwrap());
    let error = try_out(NatsOptions::new(&url).unwrap().connect_timeout(timeout)).await.unwrap_err();
    let expected = format!(
        "no connection to {url}: no answer within 100ms; check host, port and firewall, and that it is a NATS server"
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn the_server_lists_the_connection_under_its_name() {
    let server = NatsServer::start_with(|_| "debug: true\ntrace: true".to_owned()).await;
    let bus = Bus::nats(options(&server).name("quickstart-0")).await.unwrap();
    bus.fence(PATIENCE).await.unwrap();
    let log = fs::read_to_string(server.directory().join("nats.log")).unwrap();
    assert!(log.contains(r#""name":"quickstart-0""#), "{log}");
}
