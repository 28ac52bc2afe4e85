//! What the configuration says of applications, extensions and tokens.

use kaa_ext::Dialect;
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_kpc::config::Config;
use kaa_kpc::identity::clients::AuthenticatorOptions;

use crate::device::{V5, V311, status_code};
use crate::provider::{Provider, ecap};
use crate::world::{Service, World};

/// A service with this configuration, and with these clients.
async fn serve(world: &World, config: &str, clients: AuthenticatorOptions) -> Service {
    let config: Config = serde_json::from_str(config).unwrap();
    let configured = config.options().unwrap();
    world
        .serve_with(|options| {
            let listeners = std::mem::take(&mut options.listeners);
            *options = kaa_kpc::KpcOptions { listeners, clients, ..configured };
        })
        .await
}

const APPLICATIONS: &str = r#"{
    "tokens": {"mode": "trustful"},
    "extensions": {"ext": {}, "tsx": {"endpoint-aware": false}, "old": {"dialect": "ecs2ext"}},
    "applications": {"kettle": {"versions": {"v1": {"extensions": ["ext"]}, "v2": {}}}}
}"#;

#[resource("/time")]
async fn time(request: Request) -> &'static str {
    if request.endpoint_id().is_some() { "somebody's" } else { "noon" }
}

#[resource("/boil")]
async fn boil(Payload(body): Payload) -> Payload {
    Payload(body)
}

#[resource("/burn")]
async fn burn() -> Result<(), Failure> {
    Err(Failure::not_found("no such flame"))
}

#[tokio::test]
async fn unknown_versions_and_extensions_are_404_and_those_that_are_not_allowed_403() {
    let world = World::new().await;
    let service = serve(&world, APPLICATIONS, AuthenticatorOptions::None).await;
    let mut web = service.web().await;
    for version in [V311, V5] {
        let mut device = service.device(version, "a").await;
        assert_eq!(device.ask("v1/ext/ep-1/echo/1").await.0, "status");
        for (topic, code) in [
            ("v1/old/ep-1/boil", 403),
            ("v1/tsx/time", 403),
            ("v3/ext/ep-1/echo", 404),
            ("v1/unknown/ep-1/echo", 404),
            // Allowed, but nobody serves it.
            ("v2/old/ep-1/boil", 503),
        ] {
            assert_eq!(device.refused(&format!("{topic}/2")).await, code, "{topic}");
            let (status, body) = web.ask(topic).await;
            assert_eq!((status, status_code(&body)), (code, code), "{topic}");
        }
    }
}

#[tokio::test]
async fn an_extension_that_knows_no_endpoints_has_no_token_in_its_paths() {
    let world = World::new().await;
    let clock = Extension::new("tsx").resources(resources![time]).build().unwrap();
    let _clock = TestKaa::start_on(world.server.connect(), clock).await;
    let service = serve(&world, APPLICATIONS, AuthenticatorOptions::None).await;
    for version in [V311, V5] {
        let mut device = service.device(version, "a").await;
        assert_eq!(device.ask("v2/tsx/time/1").await, ("status".into(), "noon".into()));
    }
    assert_eq!(service.web().await.ask("v2/tsx/time").await, (200, "noon".into()));
}

#[tokio::test]
async fn an_extension_of_the_first_platform_is_spoken_to_in_its_dialect() {
    let world = World::new().await;
    let old = Extension::new("old").dialects([Dialect::Ecs2Ext]).resources(resources![boil, burn]);
    let _old = TestKaa::start_on(world.server.connect(), old.build().unwrap()).await;
    let service = serve(&world, APPLICATIONS, AuthenticatorOptions::None).await;
    let mut device = service.device(V5, "a").await;
    assert_eq!(device.ask("v2/old/ep-1/boil/1").await, ("status".into(), "hello".into()));
    assert_eq!(device.refused("v2/old/ep-1/burn/2").await, 404);
    // The others are spoken to as ever.
    assert_eq!(device.ask("v2/ext/ep-1/echo/3").await, ("status".into(), "hello".into()));
    let mut web = service.web().await;
    assert_eq!(web.ask("v2/old/ep-1/boil").await, (200, "hello".into()));
    assert_eq!(web.ask("v2/old/ep-1/burn").await.0, 404);
}

#[tokio::test]
async fn a_token_of_the_table_is_only_for_its_clients() {
    let world = World::new().await;
    let _provider = Provider::start(&world).await;
    let config = r#"{"tokens": {"mode": "static", "table": [
        {"token": "secret", "endpoint": "ep-1", "application": "v1", "clients": ["client-ann"]},
        {"token": "open", "endpoint": "ep-2", "application": "v1"}
    ]}}"#;
    let service = serve(&world, config, ecap()).await;
    for (user_name, expected) in [("ann", "status"), ("bob", "error")] {
        let mut device = service.login(V5, user_name, "one").await.unwrap();
        let (end, payload) = device.ask("v1/ext/secret/echo/1").await;
        assert_eq!(end, expected, "{user_name}: {payload}");
        assert_eq!(device.ask("v1/ext/open/echo/2").await.0, "status");
        assert_eq!(device.refused("v1/ext/unknown/echo/3").await, 404);
        // A token of another application version is none of this one.
        assert_eq!(device.refused("v2/ext/open/echo/4").await, 404);
    }
    let mut web = service.web().await;
    assert_eq!(web.ask_as("ann", "one", "v1/ext/secret/echo").await, 200);
    assert_eq!(web.ask_as("bob", "one", "v1/ext/secret/echo").await, 404);
}

#[tokio::test]
async fn a_provider_is_asked_about_the_application_and_once_for_all_its_versions() {
    let world = World::new().await;
    let provider = Provider::start(&world).await;
    let config = r#"{
        "tokens": {"mode": "ecap", "provider": "cred"},
        "applications": {"kettle": {"versions": {"v1": {}, "v2": {}}}, "oven": {"versions": {"v3": {}}}}
    }"#;
    let service = serve(&world, config, AuthenticatorOptions::None).await;
    let mut device = service.device(V5, "a").await;
    for version in ["v1", "v2", "v3"] {
        assert_eq!(device.ask(&format!("{version}/ext/good-1/echo/1")).await.0, "status", "{version}");
    }
    // Nobody is asked about a version that is none.
    assert_eq!(device.refused("v4/ext/good-1/echo/1").await, 404);
    assert_eq!(provider.applications(), ["kettle", "oven"]);
}
