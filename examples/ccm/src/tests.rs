//! The service over REST and the bus, and with a communication service in front.

use std::net::SocketAddr;
use std::time::Duration;

use kaa_ext::protocol::cap::ClientBasicAuthenticationRequest;
use kaa_ext::protocol::ecap::{
    ClientUsernamePasswordValidationRequest, EndpointTokenRevokedEvent, EndpointTokenValidationRequest,
};
use kaa_ext::rest::RestConfig;
use kaa_ext::testing::{TestKaa, TestService};
use kaa_kpc::identity::tokens::{ProviderOptions, TokensOptions};
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const CCM: ServiceInstance = ServiceInstance::from_static("ccm");

struct World {
    bus: Bus,
    rest: SocketAddr,
    running: Running,
    kaa: TestKaa,
    directory: TempDir,
}

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

impl World {
    async fn new() -> Self {
        let (bus, directory) = (Bus::memory(), tempfile::tempdir().unwrap());
        let mut config = Config::<Settings>::default();
        config.extension.database = directory.path().join("ccm.sqlite");
        config.extension.rest = RestConfig::on_port(0);
        let running = start(bus.clone(), config).await.unwrap();
        let rest = running.rest_addr().unwrap();
        let extension = Extension::new("ext").resources(resources![echo]).build().unwrap();
        let kaa = TestKaa::start_on(bus.clone(), extension).await;
        Self { bus, rest, running, kaa, directory }
    }

    async fn rest(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.rest,
            body.len()
        );
        let (status, body) = http(self.rest, &(head + &body)).await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    async fn create(&self, path: &str, body: Value) -> Value {
        let (status, created) = self.rest("POST", path, body).await;
        assert_eq!(status, 201, "{created}");
        created
    }

    async fn step(&self, path: &str, created: &Value, step: &str) -> u16 {
        self.rest("POST", &format!("{path}/{}/{step}", created["id"].as_str().unwrap()), Value::Null).await.0
    }

    fn asker(&self) -> TestService {
        self.kaa.service("kpc")
    }

    async fn ask<R: kaa_ext::protocol::ism::Request>(&self, request: &R) -> R::Response {
        // By the clock of the system, as the service has it: by that of a test the request would have expired.
        let messaging =
            Messaging::new(self.bus.clone(), ServiceInstance::from_static("kpc"), "kpc-9".parse().unwrap());
        messaging.request(CCM, request, Duration::from_secs(9)).await.unwrap()
    }

    async fn token(&self, token: &str) -> i32 {
        let request = EndpointTokenValidationRequest {
            app_name: "v1".into(),
            token: token.into(),
            ..EndpointTokenValidationRequest::default()
        };
        self.ask(&request).await.status_code
    }
}

async fn http(address: SocketAddr, request: &str) -> (u16, String) {
    let exchange = async {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), exchange).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn a_token_counts_while_it_is_active_and_a_revoked_one_never_again() {
    let world = World::new().await;
    let created = world.create("/tokens", json!({ "application": "v1", "endpoint": "ep-1" })).await;
    let token = created["token"].as_str().unwrap();
    assert_eq!((world.token(token).await, world.token("guess").await), (200, 404));
    for (step, code, then) in [
        ("suspend", 200, 403),
        ("resume", 200, 200),
        ("revoke", 200, 403),
        ("revoke", 200, 403),
        ("resume", 409, 403),
        ("suspend", 409, 403),
        ("delete", 400, 403),
    ] {
        assert_eq!(
            (world.step("/tokens", &created, step).await, world.token(token).await),
            (code, then),
            "{step}"
        );
    }
    assert_eq!(world.step("/tokens", &json!({ "id": "none" }), "revoke").await, 404);
}

#[tokio::test]
async fn every_revocation_is_announced_once_it_is_stored() {
    let world = World::new().await;
    let created =
        world.create("/tokens", json!({ "application": "v1", "endpoint": "ep-1", "token": "t" })).await;
    let mut events = world.asker().listen::<EndpointTokenRevokedEvent>().await;
    for step in ["suspend", "revoke", "revoke"] {
        assert_eq!(world.step("/tokens", &created, step).await, 200);
        let event = events.next().await;
        assert_eq!((&*event.endpoint_id, event.token_ids.iter().next()), ("ep-1", created["id"].as_str()));
    }
}

#[tokio::test]
async fn neither_tokens_nor_passwords_are_shown_again_or_stored() {
    let world = World::new().await;
    world
        .create("/tokens", json!({ "application": "v1", "endpoint": "ep-1", "token": "canary-token" }))
        .await;
    let ann = json!({ "client": "ann", "username": "ann", "password": "canary-password" });
    let created = world.create("/clients", ann).await;
    assert!(!created.to_string().contains("canary"));
    for path in ["/tokens", "/clients"] {
        let (_, list) = world.rest("GET", path, Value::Null).await;
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert!(!list.to_string().contains("canary"), "{list}");
    }
    for file in std::fs::read_dir(world.directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
    }
    world.running.stop(Duration::from_secs(1)).await.unwrap();
}

#[tokio::test]
async fn a_password_counts_for_its_user_and_tenant_until_it_is_revoked() {
    let world = World::new().await;
    let ann = json!({ "tenant": "t-1", "client": "client-ann", "username": "ann", "password": "one" });
    let created = world.create("/clients", ann.clone()).await;
    assert_eq!(world.rest("POST", "/clients", ann).await.0, 409);
    let ecap = |username: &'static str, password: &'static str| ClientUsernamePasswordValidationRequest {
        username: Some(username.into()),
        password: Some(password.into()),
        ..ClientUsernamePasswordValidationRequest::default()
    };
    let cap = |tenant: &'static str| ClientBasicAuthenticationRequest {
        tenant_id: tenant.into(),
        username: "ann".into(),
        password: "one".into(),
        ..ClientBasicAuthenticationRequest::default()
    };
    let answer = world.ask(&ecap("ann", "one")).await;
    assert_eq!((answer.status_code, answer.client_id.as_deref()), (200, Some("client-ann")));
    assert_eq!(world.ask(&ecap("ann", "two")).await.status_code, 401);
    assert_eq!(world.ask(&ecap("bob", "nobody")).await.status_code, 401);
    assert_eq!(world.ask(&cap("t-1")).await.status_code, 200);
    assert_eq!(world.ask(&cap("t-2")).await.status_code, 401);
    assert_eq!(world.step("/clients", &created, "revoke").await, 200);
    assert_eq!(world.ask(&ecap("ann", "one")).await.status_code, 401);
}

#[tokio::test]
async fn a_device_with_a_token_gets_through_and_is_cut_off_when_it_is_revoked() {
    let world = World::new().await;
    let created =
        world.create("/tokens", json!({ "application": "v1", "endpoint": "ep-1", "token": "secret" })).await;
    let listener = ListenerOptions::new(Transport::Mqtt, "127.0.0.1:0".parse().unwrap());
    let mut options = KpcOptions::trustful([listener]);
    options.tokens = TokensOptions::Provider(ProviderOptions::new(CCM));
    let kpc = Kpc::start(world.bus.clone(), options).await.unwrap();
    let mut device = TcpStream::connect(kpc.listening()[0].address).await.unwrap();
    let ask = |token: &str| {
        let topic = format!("kp1/v1/ext/{token}/echo/1");
        let mut publish =
            vec![0x30, u8::try_from(topic.len() + 4).unwrap(), 0, u8::try_from(topic.len()).unwrap()];
        publish.extend(topic.bytes().chain(*b"hi"));
        publish
    };
    // CONNECT of MQTT 3.1.1 with the client ID `d`.
    device.write_all(b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01d").await.unwrap();
    device.write_all(&ask("secret")).await.unwrap();
    let mut seen = Vec::new();
    let answered = async {
        while !String::from_utf8_lossy(&seen).contains("kp1/v1/ext/secret/echo/1/status") {
            assert_ne!(device.read_buf(&mut seen).await.unwrap(), 0, "cut off too early");
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answered).await.unwrap();

    assert_eq!(world.step("/tokens", &created, "revoke").await, 200);
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), device.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert_eq!(kpc.counters().front.revoked, 1);
}
