//! Clients with certificates.

use kaa_kpc::listen::Wanted;

use crate::certificates::{Authority, Client};
use crate::device::{Device, V5, V311};
use crate::provider::{Provider, ecap};
use crate::web::Web;
use crate::world::{Service, World, until};

const TOPIC: &str = "v1/ext/ep-1/echo";
const ISSUER: &str = r"CN=device CA,O=Example\, Inc.";

struct Scene {
    authority: Authority,
    devices: Authority,
    provider: Provider,
    service: Service,
    _world: World,
}

/// A service with TLS on all ports, whose clients a provider knows.
async fn scene(wanted: Wanted) -> Scene {
    let world = World::new().await;
    let provider = Provider::start(&world).await;
    let (authority, devices) = (Authority::new("server CA"), Authority::new("device CA"));
    authority.issue_server();
    let tls = authority.options_with_clients_of(&devices.path("ca.pem"), wanted);
    let service = world
        .serve_with(|options| {
            options.clients = ecap();
            for listener in &mut options.listeners {
                (listener.is_secure, listener.tls) = (true, Some(tls.clone()));
            }
        })
        .await;
    Scene { authority, devices, provider, service, _world: world }
}

impl Scene {
    fn showing(&self, serial_number: u64) -> Client {
        self.authority.client().showing(self.devices.issue_client(serial_number.into()))
    }

    async fn stream(
        &self,
        client: Client,
        name: &str,
    ) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
        client.connect(self.service.address(name)).await.unwrap()
    }
}

#[tokio::test]
async fn the_provider_is_asked_about_issuer_and_serial_number_and_decides() {
    let scene = scene(Wanted::Required).await;
    for (version, code) in [(V311, 4), (V5, 0x86)] {
        let known = scene.stream(scene.showing(7), "mqtts").await;
        let mut device = Device::connect(known, version, "a", None).await.unwrap();
        assert_eq!(device.ask(&format!("{TOPIC}/1")).await, ("status".into(), "hello".into()));
        let unknown = scene.stream(scene.showing(8), "mqtts").await;
        assert_eq!(Device::connect(unknown, version, "b", None).await.err(), Some(code));
    }
    let of = |serial_number| format!("{ISSUER}#{serial_number}");
    assert_eq!(scene.provider.certificates(), [of(7), of(8), of(7), of(8)]);
}

#[tokio::test]
async fn over_https_the_certificate_decides_too() {
    let scene = scene(Wanted::Required).await;
    let mut known = Web::over(scene.stream(scene.showing(7), "https").await);
    assert_eq!(known.ask(TOPIC).await, (200, "hello".into()));
    let mut unknown = Web::over(scene.stream(scene.showing(8), "https").await);
    // The password beside it is not looked at.
    assert_eq!(unknown.ask_as("ann", "one", TOPIC).await, 401);
}

#[tokio::test]
async fn without_a_certificate_nobody_is_served_where_one_is_required() {
    let scene = scene(Wanted::Required).await;
    // With TLS 1.3 a client hears of it after its handshake, in place of a CONNACK.
    if let Ok(stream) = scene.authority.client().connect(scene.service.address("mqtts")).await {
        let login = Some(("ann", "one"));
        assert_eq!(Device::connect(stream, V5, "a", login).await.err(), Some(0xff));
    }
    until(|| scene.service.kpc.counters().listen.tls_failed == 1).await;
    assert_eq!(scene.service.kpc.counters().front.opened, 0);
}

#[tokio::test]
async fn without_a_certificate_the_password_decides_where_one_is_optional() {
    let scene = scene(Wanted::Optional).await;
    for (password, expected) in [("one", None), ("two", Some(0x86))] {
        let stream = scene.stream(scene.authority.client(), "mqtts").await;
        let device = Device::connect(stream, V5, "a", Some(("ann", password))).await;
        assert_eq!(device.err(), expected, "{password}");
    }
    assert!(scene.provider.certificates().is_empty());
}
