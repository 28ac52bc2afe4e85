//! Tokens that nobody has to be asked about, and options that do not work.

use std::error::Error;

use kaa_kpc::identity::clients::Client;
use kaa_kpc::identity::tokens::{ProviderOptions, StaticToken, Tokens, TokensError, TokensOptions};
use tokio::sync::mpsc;

use crate::world::{PROVIDER, Said, UNKNOWN, World, path, refused, said};

async fn start(world: &World, options: TokensOptions) -> Result<Tokens, TokensError> {
    Tokens::start(world.messaging("kpc"), options, mpsc::channel(1).0).await
}

/// What is known, which is the same whoever asks.
async fn know(tokens: &Tokens, token: &str, client: &Client) -> Said {
    let path = path(token);
    let token = path.endpoint.as_ref().unwrap();
    let known = said(tokens.know("kettle", &path, token, client).expect("nobody has to be asked"));
    assert_eq!(said(tokens.ask("kettle", &path, token, client).await), known);
    known
}

fn ep(id: &str) -> Said {
    Ok((id.to_owned(), None))
}

#[tokio::test]
async fn who_trusts_takes_tokens_for_endpoint_ids() {
    let nobody = Client::default();
    let started = start(&World::new(), TokensOptions::Trustful).await.unwrap();
    for tokens in [Tokens::default(), started] {
        assert_eq!(know(&tokens, "ep-1~A_b", &nobody).await, ep("ep-1~A_b"));
        let error = know(&tokens, "living room", &nobody).await.unwrap_err();
        assert_eq!(
            error,
            r#"400 tokens are endpoint IDs here, but "living room" is not an endpoint ID: ' ' at byte 6 is not allowed; expected 1 to 128 ASCII letters, digits, '.', '_', '~' and '-'"#
        );
    }
}

#[tokio::test]
async fn a_table_knows_its_tokens_and_whose_they_are() {
    let token = |token: &str, endpoint: &str, clients| StaticToken {
        token: token.to_owned(),
        endpoint: endpoint.to_owned(),
        application: "kettle".to_owned(),
        app_version: None,
        clients,
    };
    let table = vec![token("t1", "ep-1", None), token("t2", "ep-2", Some(vec!["alice".to_owned()]))];
    let tokens = start(&World::new(), TokensOptions::Table(table)).await.unwrap();
    let (alice, nobody) = (Client { id: Some("alice".into()), credential: None }, Client::default());
    for (token, client, expected) in [
        ("t1", &alice, ep("ep-1")),
        ("t1", &nobody, ep("ep-1")),
        ("t2", &alice, ep("ep-2")),
        ("t2", &nobody, refused(UNKNOWN)),
        ("t3", &alice, refused(UNKNOWN)),
    ] {
        assert_eq!(know(&tokens, token, client).await, expected, "{token}");
    }
}

#[tokio::test]
async fn a_table_that_is_not_in_order_does_not_start() {
    let error = start(&World::new(), TokensOptions::Table(vec![StaticToken::default()])).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().next(), Some("the table of tokens cannot be used:"));
    assert_eq!(text.lines().count(), 4, "{text}");
}

#[tokio::test]
async fn without_a_bus_there_are_no_revocations_and_no_tokens() {
    let world = World::new();
    world.server.stop();
    let options = TokensOptions::Provider(ProviderOptions::new(PROVIDER));
    let error = start(&world, options).await.unwrap_err();
    assert_eq!(error.to_string(), "the revocations of tokens cannot be listened to");
    assert!(error.source().unwrap().to_string().contains("the NATS server is away"));
}
