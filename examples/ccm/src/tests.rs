//! The service over REST and the bus, and with a communication service in front.

use std::net::SocketAddr;
use std::time::Duration;

use kaa_ext::protocol::cap::{ClientBasicAuthenticationRequest, ClientCertificateAuthenticationRequest};
use kaa_ext::protocol::ecap::{
    ClientCertificateValidationRequest, ClientUsernamePasswordValidationRequest, EndpointTokenRevokedEvent,
    EndpointTokenStatusTransitionRequest, EndpointTokenValidationRequest,
};
use kaa_ext::rest::RestConfig;
use kaa_ext::sqlite::rusqlite::Connection;
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
    store: Store,
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
        let store = Store::open(&config.extension.database).await.unwrap();
        let running = serve(bus.clone(), &config, store.clone()).await.unwrap();
        let rest = running.rest_addr().unwrap();
        let extension = Extension::new("ext").resources(resources![echo]).build().unwrap();
        let kaa = TestKaa::start_on(bus.clone(), extension).await;
        Self { bus, store, rest, running, kaa, directory }
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

    /// By the clock of the system, as the service has it: by that of a test its requests would have expired.
    fn messaging(&self) -> Messaging {
        Messaging::new(self.bus.clone(), ServiceInstance::from_static("kpc"), "kpc-9".parse().unwrap())
    }

    async fn ask<R: kaa_ext::protocol::ism::Request>(&self, request: &R) -> R::Response {
        self.messaging().request(CCM, request, Duration::from_secs(9)).await.unwrap()
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

fn step_to(token: &'static str, status: &'static str) -> EndpointTokenStatusTransitionRequest {
    EndpointTokenStatusTransitionRequest {
        app_name: "v1".into(),
        token: token.into(),
        target_status: status.into(),
        ..EndpointTokenStatusTransitionRequest::default()
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
async fn a_service_may_ask_for_every_status_and_gets_a_conflict_after_the_last() {
    // By where it is, where it is to go, what that is answered, and whether the token counts then.
    let ways = [
        ("active", "active", 200, 200),
        ("active", "suspended", 200, 403),
        ("active", "revoked", 200, 403),
        ("suspended", "active", 200, 200),
        ("suspended", "SUSPENDED", 200, 403),
        ("suspended", "revoked", 200, 403),
        ("revoked", "active", 409, 403),
        ("revoked", "suspended", 409, 403),
        ("revoked", "revoked", 200, 403),
        ("active", "pending", 400, 200),
        ("active", "", 400, 200),
    ];
    let world = World::new().await;
    for (number, (from, to, code, then)) in ways.into_iter().enumerate() {
        let token: &'static str = format!("t-{number}").leak();
        world.create("/tokens", json!({ "application": "v1", "endpoint": "ep-1", "token": token })).await;
        assert_eq!(world.ask(&step_to(token, from)).await.status_code, 200, "{from}");
        assert_eq!(world.ask(&step_to(token, to)).await.status_code, code, "{from} to {to}");
        assert_eq!(world.token(token).await, then, "{from} to {to}");
    }
    assert_eq!(world.ask(&step_to("none", "active")).await.status_code, 404);
}

#[tokio::test]
async fn a_certificate_counts_in_both_protocols_until_it_does_not() {
    let world = World::new().await;
    let certificate =
        json!({ "tenant": "t-1", "client": "client-c", "issuer": "CN=CA,O=Lamps", "serialNumber": "7" });
    let created = world.create("/clients", certificate.clone()).await;
    assert_eq!(world.rest("POST", "/clients", certificate).await.0, 409);
    let ecap = |issuer: &'static str, serial: &'static str| ClientCertificateValidationRequest {
        issuer: issuer.into(),
        serial_number: serial.into(),
        ..ClientCertificateValidationRequest::default()
    };
    let cap = ClientCertificateAuthenticationRequest {
        issuer: "CN=CA,O=Lamps".into(),
        serial_number: "7".into(),
        ..ClientCertificateAuthenticationRequest::default()
    };
    let answer = world.ask(&ecap("CN=CA,O=Lamps", "7")).await;
    assert_eq!((answer.status_code, answer.client_id.as_deref()), (200, Some("client-c")));
    assert_eq!(answer.credential_id.as_deref(), created["id"].as_str());
    let answer = world.ask(&cap).await;
    assert_eq!((answer.status_code, answer.tenant_id.as_deref()), (200, Some("t-1")));
    assert_eq!(
        (answer.client_id.as_deref(), answer.credentials_id.as_deref()),
        (Some("client-c"), created["id"].as_str())
    );
    for other in [ecap("CN=CA,O=Lamps", "8"), ecap("CN=CA", "7"), ecap("", "")] {
        let answer = world.ask(&other).await;
        assert_eq!((answer.status_code, answer.client_id), (401, None), "{other:?}");
    }
    for (step, code) in [("suspend", 401), ("resume", 200), ("revoke", 401)] {
        assert_eq!(world.step("/clients", &created, step).await, 200);
        let answers =
            (world.ask(&ecap("CN=CA,O=Lamps", "7")).await.status_code, world.ask(&cap).await.status_code);
        assert_eq!(answers, (code, code), "{step}");
    }
    assert_eq!(world.step("/clients", &created, "resume").await, 409);
}

#[tokio::test]
async fn lists_come_in_parts_of_1_to_1000() {
    let world = World::new().await;
    let mut created = Vec::new();
    for number in 0..5 {
        let token = json!({ "application": "v1", "endpoint": format!("ep-{number}") });
        created.push(world.create("/tokens", token).await["id"].as_str().unwrap().to_owned());
    }
    created.sort_unstable();
    let (mut listed, mut after) = (Vec::new(), String::new());
    for expected in [2, 2, 1, 0] {
        let (_, part) = world.rest("GET", &format!("/tokens?limit=2&after={after}"), Value::Null).await;
        let ids: Vec<_> =
            part.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), expected);
        after = ids.last().unwrap_or(&after).clone();
        listed.extend(ids);
    }
    assert_eq!(listed, created);
    for path in ["/tokens", "/clients"] {
        for (limit, code) in [("0", 400), ("1", 200), ("999", 200), ("1000", 200), ("1001", 400), ("x", 400)]
        {
            let (status, _) = world.rest("GET", &format!("{path}?limit={limit}"), Value::Null).await;
            assert_eq!(status, code, "{path} {limit}");
        }
        assert_eq!(world.rest("GET", &format!("{path}?offset=1"), Value::Null).await.0, 400);
    }
}

#[tokio::test]
async fn what_is_created_has_its_limits_and_wrong_things_are_refused() {
    let world = World::new().await;
    let text = |size: usize| "x".repeat(size);
    for (size, code) in [(1_023, 201), (1_024, 201), (1_025, 400), (0, 400)] {
        let token = json!({ "application": text(size), "endpoint": "ep-1" });
        assert_eq!(world.rest("POST", "/tokens", token).await.0, code, "application of {size}");
        let user = json!({ "client": text(size), "username": format!("u{size}"), "password": "p" });
        assert_eq!(world.rest("POST", "/clients", user).await.0, code, "client of {size}");
        let user = json!({ "client": "c", "username": format!("p{size}"), "password": text(size) });
        assert_eq!(world.rest("POST", "/clients", user).await.0, code, "password of {size}");
    }
    for (size, code) in [(127, 201), (128, 201), (129, 400), (0, 400)] {
        let token = json!({ "application": "v1", "endpoint": "ep-1", "token": text(size) });
        assert_eq!(world.rest("POST", "/tokens", token).await.0, code, "token of {size}");
    }
    let (_, before) = world.rest("GET", "/tokens", Value::Null).await;
    for (path, body) in [
        ("/tokens", json!({ "application": "v1" })),
        ("/tokens", json!({ "application": "v1", "endpoint": "ep/1" })),
        ("/tokens", json!({ "application": "v1", "endpoint": "ep-1", "token": "canary/1" })),
        ("/tokens", json!({ "application": "v1", "endpoint": "ep-1", "status": "active" })),
        ("/clients", json!({ "client": "c", "username": "ann" })),
        ("/clients", json!({ "client": "c", "username": "ann", "password": "p", "issuer": "CN=CA" })),
        ("/clients", json!({ "client": "c", "issuer": "CN=CA" })),
    ] {
        let (status, problem) = world.rest("POST", path, body.clone()).await;
        assert!((400..=422).contains(&status) && status != 409, "{body}: {status} {problem}");
        assert!(!problem.to_string().contains("canary"), "{problem}");
    }
    assert_eq!(world.rest("GET", "/tokens", Value::Null).await.1, before);
}

#[tokio::test]
async fn a_full_disk_is_507_and_what_was_acknowledged_before_is_all_there_is() {
    let world = World::new().await;
    let full = |file: &Connection| {
        let pages: i64 = file.pragma_query_value(None, "page_count", |row| row.get(0))?;
        file.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    };
    world.store.database().write(full).await.unwrap();
    let mut acknowledged = 0;
    let refused = loop {
        // What has room in the pages that are there still fits.
        let token = json!({ "application": "x".repeat(1_000), "endpoint": "ep-1" });
        let (status, body) = world.rest("POST", "/tokens", token).await;
        if status != 201 {
            break (status, body);
        }
        acknowledged += 1;
        assert!(acknowledged < 100, "the disk is not full");
    };
    assert_eq!((refused.0, &refused.1["title"]), (507, &json!("Insufficient Storage")));
    assert_eq!(refused.1.get("token"), None, "a token that is not stored is not shown");
    let (_, listed) = world.rest("GET", "/tokens", Value::Null).await;
    assert_eq!(listed.as_array().unwrap().len(), acknowledged);
}

#[tokio::test]
async fn a_file_that_may_only_be_read_is_503_and_no_revocation_is_announced_that_is_not_stored() {
    let world = World::new().await;
    let created =
        world.create("/tokens", json!({ "application": "v1", "endpoint": "ep-1", "token": "t" })).await;
    let mut events = world.asker().listen::<EndpointTokenRevokedEvent>().await;
    world.store.database().write(|file| file.pragma_update(None, "query_only", true)).await.unwrap();
    let token = json!({ "application": "v1", "endpoint": "ep-1" });
    assert_eq!(world.rest("POST", "/tokens", token).await.0, 503);
    let user = json!({ "client": "ann", "username": "ann", "password": "one" });
    assert_eq!(world.rest("POST", "/clients", user).await.0, 503);
    assert_eq!(world.step("/tokens", &created, "revoke").await, 503);
    assert_eq!(world.ask(&step_to("t", "revoked")).await.status_code, 503);
    assert_eq!(world.token("t").await, 200);
    // Whatever was announced came before this.
    let end = EndpointTokenRevokedEvent { endpoint_id: "end".into(), ..EndpointTokenRevokedEvent::default() };
    world.messaging().publish_event(&end).await.unwrap();
    assert_eq!(&*events.next().await.endpoint_id, "end");
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

#[tokio::test]
async fn who_manages_shows_the_token_of_the_rest_port() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = Config::<Settings>::default();
    config.extension.database = directory.path().join("ccm.sqlite");
    config.extension.rest = RestConfig::on_port(0);
    config.extension.rest.token = Some("sesame".into());
    let running = start(Bus::memory(), config).await.unwrap();
    let address = running.rest_addr().unwrap();
    let list =
        |shown: &str| format!("GET /tokens HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{shown}\r\n");
    assert_eq!(http(address, &list("")).await.0, 401);
    assert_eq!(http(address, &list("Authorization: Bearer sesam\r\n")).await.0, 401);
    assert_eq!(http(address, &list("Authorization: Bearer sesame\r\n")).await, (200, "[]".to_owned()));
    running.stop(Duration::from_secs(1)).await.unwrap();
}
