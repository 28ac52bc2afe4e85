//! Clients log in at a communication service that asks the credential manager, over a real nats-server.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::rest::RestConfig;
use kaa_ext::{Config, Running};
use kaa_kpc::identity::clients::{AuthenticatorOptions, ProviderOptions};
use kaa_kpc::identity::tokens::{self, TokensOptions};
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};
use kaa_tests::patience::soon;
use kaa_tests::rest::Rest;
use kaa_tests::venue::Venue;
use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

const CCM: ServiceInstance = ServiceInstance::from_static("ccm");

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

/// The credential manager, an extension, and a communication service in front, each on a connection of its own.
struct World {
    rest: Rest,
    kpc: Kpc,
    _ccm: Running,
    _extension: kaa_ext::Server,
    _directory: tempfile::TempDir,
    _venue: Venue,
}

impl World {
    async fn new(clients: AuthenticatorOptions) -> Self {
        let (venue, directory) = (Venue::nats().await, tempfile::tempdir().unwrap());
        let mut config = Config::<ccm::Settings>::default();
        config.extension.database = directory.path().join("ccm.sqlite");
        config.extension.rest = RestConfig::on_port(0);
        let ccm = ccm::start(venue.connect().await, config).await.unwrap();
        let rest = Rest(ccm.rest_addr().unwrap());
        let extension = Extension::new("ext").resources(resources![echo]).build().unwrap();
        let extension = extension.serve(venue.connect().await).start().await.unwrap();
        let listener = ListenerOptions::new(Transport::Mqtt, "127.0.0.1:0".parse().unwrap());
        let mut options = KpcOptions::trustful([listener]);
        options.clients = clients;
        options.tokens = TokensOptions::Provider(tokens::ProviderOptions::new(CCM));
        let kpc = Kpc::start(venue.connect().await, options).await.unwrap();
        Self { rest, kpc, _ccm: ccm, _extension: extension, _directory: directory, _venue: venue }
    }

    async fn create(&self, path: &str, body: Value) -> Value {
        let answer = self.rest.json("POST", path, &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    async fn step(&self, path: &str, created: &Value, step: &str) {
        let path = format!("{path}/{}/{step}", created["id"].as_str().unwrap());
        assert_eq!(self.rest.call("POST", &path, &[], "").await.status, 200, "{step}");
    }

    /// A client that has shown this user name and password, and what it was told.
    async fn log_in(&self, username: &str, password: &str) -> Result<Client, ConnectReturnCode> {
        let port = self.kpc.listening().first().unwrap().address.port();
        let mut options = MqttOptions::new(username, "127.0.0.1", port);
        options.set_credentials(username, password);
        let (client, mut connection) = AsyncClient::new(options, 10);
        match soon("CONNACK", connection.poll()).await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => Ok(Client { client, connection }),
            Err(ConnectionError::ConnectionRefused(code)) => Err(code),
            other => panic!("{other:?}"),
        }
    }
}

/// A client that was let in.
#[derive(Debug)]
struct Client {
    client: AsyncClient,
    connection: EventLoop,
}

impl Client {
    /// The topic and the payload of the answer.
    async fn ask(&mut self, token: &str) -> (String, String) {
        let topic = format!("kp1/v1/ext/{token}/echo/1");
        self.client.publish(topic, QoS::AtMostOnce, false, "hi").await.unwrap();
        let answered = async {
            loop {
                if let Event::Incoming(Packet::Publish(answer)) = self.connection.poll().await.unwrap() {
                    return (answer.topic, String::from_utf8(answer.payload.to_vec()).unwrap());
                }
            }
        };
        soon("an answer", answered).await
    }

    /// Waits until it is cut off.
    async fn gets_cut(mut self) {
        let cut = async { while self.connection.poll().await.is_ok() {} };
        soon("the end of the connection", cut).await;
    }
}

async fn a_client_is_let_in_and_cut_off(clients: AuthenticatorOptions) {
    let world = World::new(clients).await;
    let user = json!({ "tenant": "t-1", "client": "client-ann", "username": "ann", "password": "one" });
    let user = world.create("/clients", user).await;
    let stranger = json!({ "tenant": "t-1", "client": "client-bob", "username": "bob", "password": "two" });
    world.create("/clients", stranger).await;
    let token = json!({ "application": "v1", "endpoint": "ep-1", "token": "lamp-1" });
    let token = world.create("/tokens", token).await;

    let wrong = [("ann", "two"), ("nobody", "one"), ("ann", "")];
    for (username, password) in wrong {
        let refused = world.log_in(username, password).await.unwrap_err();
        assert_eq!(refused, ConnectReturnCode::BadUserNamePassword, "{username} {password:?}");
    }
    let mut ann = world.log_in("ann", "one").await.unwrap();
    assert_eq!(ann.ask("lamp-1").await, ("kp1/v1/ext/lamp-1/echo/1/status".to_owned(), "hi".to_owned()));
    let (topic, error) = ann.ask("lamp-2").await;
    assert_eq!(topic, "kp1/v1/ext/lamp-2/echo/1/error");
    assert_eq!(serde_json::from_str::<Value>(&error).unwrap()["statusCode"], 404, "{error}");

    // Suspended, its session ends and it is not let in; resumed, it is.
    let mut bob = world.log_in("bob", "two").await.unwrap();
    world.step("/clients", &user, "suspend").await;
    ann.gets_cut().await;
    assert_eq!(world.log_in("ann", "one").await.unwrap_err(), ConnectReturnCode::BadUserNamePassword);
    world.step("/clients", &user, "resume").await;
    let ann = world.log_in("ann", "one").await.unwrap();

    // Nobody else was cut off. A token ends the sessions that have used it, whoever's they are.
    assert_eq!(bob.ask("lamp-1").await.1, "hi");
    world.step("/tokens", &token, "revoke").await;
    bob.gets_cut().await;
    world.step("/clients", &user, "revoke").await;
    ann.gets_cut().await;
    assert!(world.log_in("ann", "one").await.is_err());
}

#[tokio::test]
async fn a_client_of_16_ecap_is_let_in_and_cut_off() {
    let provider = ProviderOptions { timeout: Duration::from_secs(9), ..ProviderOptions::new(CCM) };
    a_client_is_let_in_and_cut_off(AuthenticatorOptions::Ecap(provider)).await;
}

#[tokio::test]
async fn a_client_of_22_cap_is_let_in_and_cut_off() {
    let provider = ProviderOptions { timeout: Duration::from_secs(9), ..ProviderOptions::new(CCM) };
    let clients = AuthenticatorOptions::Cap { tenant_id: "t-1".into(), provider };
    a_client_is_let_in_and_cut_off(clients).await;
}
