use kaa_kpc::identity::clients::ClientCertificate;
use kaa_kpc::limits::Limits;
use kaa_kpc::listen::{Speaks, Tls, Wanted};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::HandshakeKind;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::certificates::{Authority, Client, connect};
use crate::world::{Arrivals, Server, in_time};

struct World {
    authority: Authority,
    devices: Authority,
    tls: Tls,
    server: Server,
    arrivals: Arrivals,
}

fn world(wanted: Wanted) -> World {
    let (authority, devices) = (Authority::new("server CA"), Authority::new("device CA"));
    authority.issue_server();
    let options = authority.options_with_clients_of(&devices.path("ca.pem"), wanted);
    let tls = Tls::load("mqtt.tls", options, Speaks::Mqtt).unwrap();
    let (server, arrivals) = Server::handing_over(&Limits::default(), Some(&tls));
    World { authority, devices, tls, server, arrivals }
}

impl World {
    /// With TLS 1.3 a client hears of its refusal after its handshake.
    async fn refuses(&mut self, client: Client) {
        let before = self.server.admission.counters().tls_failed;
        if let Ok(mut stream) = client.connect(self.server.address).await {
            let read = in_time(stream.read(&mut [0])).await;
            assert!(read.is_err(), "{read:?}");
        }
        self.arrivals.none().await;
        assert_eq!(self.server.admission.counters().tls_failed, before + 1);
    }
}

#[tokio::test]
async fn a_client_is_known_by_the_issuer_and_the_number_of_its_certificate() {
    let mut world = world(Wanted::Required);
    for version in [&TLS12, &TLS13] {
        let mut client = world.authority.client().showing(world.devices.issue_client(4711_u64.into()));
        client.versions = vec![version];
        let _client = client.connect(world.server.address).await.unwrap();
        let (_stream, peer) = world.arrivals.next().await;
        let expected = ClientCertificate {
            issuer: r"CN=device CA,O=Example\, Inc.".into(),
            serial_number: "4711".into(),
        };
        assert_eq!(peer.certificate, Some(expected));
    }
}

#[tokio::test]
async fn a_number_of_20_bytes_is_written_in_full() {
    let mut world = world(Wanted::Required);
    let shown = world.devices.issue_client([0x7f; 20].to_vec().into());
    let _client = world.authority.client().showing(shown).connect(world.server.address).await.unwrap();
    let (_stream, peer) = world.arrivals.next().await;
    assert_eq!(peer.certificate.unwrap().serial_number, "727885129180488904360266563744972327436484050815");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    for wanted in [Wanted::Required, Wanted::Optional] {
        let mut world = world(wanted);
        // Of the same name: it is the key that counts.
        let stranger = Authority::new("device CA");
        let client = world.authority.client().showing(stranger.issue_client(4711_u64.into()));
        world.refuses(client).await;
    }
}

#[tokio::test]
async fn who_shows_none_is_refused_where_one_is_required_and_served_where_it_is_optional() {
    let mut strict = world(Wanted::Required);
    strict.refuses(strict.authority.client()).await;

    let mut lenient = world(Wanted::Optional);
    let _client = lenient.authority.client().connect(lenient.server.address).await.unwrap();
    let (_stream, peer) = lenient.arrivals.next().await;
    assert_eq!(peer.certificate, None);

    let shown = lenient.devices.issue_client(7_u64.into());
    let _client = lenient.authority.client().showing(shown).connect(lenient.server.address).await.unwrap();
    let (_stream, peer) = lenient.arrivals.next().await;
    assert_eq!(peer.certificate.unwrap().serial_number, "7");
}

#[tokio::test]
async fn the_certificate_is_checked_each_time_a_client_comes_back() {
    let mut world = world(Wanted::Required);
    let shown = world.devices.issue_client(7_u64.into());
    let connector = world.authority.client().showing(shown).connector();
    for _ in 0..2 {
        let mut client = connect(&connector, world.server.address).await.unwrap();
        let (mut stream, peer) = world.arrivals.next().await;
        stream.write_all(b"x").await.unwrap();
        stream.flush().await.unwrap();
        in_time(client.read_exact(&mut [0])).await.unwrap();
        assert_eq!(client.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        assert!(peer.certificate.is_some());
    }
}

#[tokio::test]
async fn authorities_of_clients_are_reloaded_with_the_certificate() {
    let mut world = world(Wanted::Required);
    let successor = Authority::new("next device CA");
    world.refuses(world.authority.client().showing(successor.issue_client(7_u64.into()))).await;
    std::fs::copy(successor.path("ca.pem"), world.devices.path("ca.pem")).unwrap();
    world.tls.reload().unwrap();
    world.refuses(world.authority.client().showing(world.devices.issue_client(7_u64.into()))).await;
    let shown = successor.issue_client(7_u64.into());
    let _client = world.authority.client().showing(shown).connect(world.server.address).await.unwrap();
    let (_stream, peer) = world.arrivals.next().await;
    assert_eq!(peer.certificate.unwrap().issuer, r"CN=next device CA,O=Example\, Inc.");
}
