//! kaa-ext under another name: here, there is no crate called `kaa_ext`.

use renamed::prelude::*;
use renamed::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use renamed::testing::TestKaa;

#[derive(FromRef)]
#[from_ref(crate = renamed)]
struct App {
    greeting: String,
}

#[resource("/greet[/{name}]", crate = renamed)]
async fn greet(name: Option<String>, State(greeting): State<String>, _: RequestId) -> String {
    format!("{greeting}, {}!", name.as_deref().unwrap_or("world"))
}

#[resource("/length", crate = ::renamed, state = App)]
async fn length(State(greeting): State<String>) -> Result<String, Failure> {
    Ok(greeting.len().to_string())
}

#[listener(crate = renamed, ignore_own)]
async fn updated(_: Event<ConfigUpdated>) {}

#[service(crate = ::renamed)]
async fn config(
    _: Targeted<ConfigRequest>,
    State(greeting): State<String>,
) -> Result<ConfigResponse, Failure> {
    Ok(ConfigResponse { reason_phrase: Some(greeting.into()), ..ConfigResponse::default() })
}

#[tokio::test]
async fn everything_works_when_the_crate_is_told() {
    let app = App { greeting: "Hello".to_owned() };
    let extension = Extension::new("greeter")
        .state(app)
        .resources(resources![greet, length])
        .listeners(listeners![updated])
        .services(services![config]);
    let kaa = TestKaa::start(extension.build().unwrap()).await;
    let device = kaa.endpoint("ep-1");
    device.request("/greet/Ada").await.assert_status(200).assert_text("Hello, Ada!");
    device.request("/greet").await.assert_text("Hello, world!");
    device.request("/length").await.assert_text("5");
    let peer = kaa.service("peer");
    peer.publish(&ConfigUpdated::default()).await;
    let response = peer.request(&ConfigRequest::default()).await.unwrap();
    assert_eq!(response.reason_phrase.as_deref(), Some("Hello"));
    assert_eq!(kaa.settled(5).await.silent, 1);
}
