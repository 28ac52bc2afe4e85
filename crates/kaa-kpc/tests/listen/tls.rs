use kaa_kpc::limits::Limits;
use kaa_kpc::listen::{Speaks, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{HandshakeKind, ProtocolVersion};

use crate::certificates::{Authority, connect};
use crate::world::{Server, in_time};

#[tokio::test]
async fn bytes_go_both_ways_with_tls_1_2_and_1_3() {
    let authority = Authority::new("server CA");
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), Some(&authority.tls(Speaks::Mqtt)));
    let versions = [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)];
    for (version, expected) in versions {
        let mut client = authority.client();
        client.versions = vec![version];
        let mut client = client.connect(server.address).await.unwrap();
        let (mut stream, peer) = arrivals.next().await;
        assert_eq!(client.get_ref().1.protocol_version(), Some(expected));
        assert_eq!(peer.address, client.get_ref().0.local_addr().unwrap());
        assert_eq!(peer.certificate, None);

        let mut text = [0; 4];
        client.write_all(b"ping").await.unwrap();
        in_time(stream.read_exact(&mut text)).await.unwrap();
        assert_eq!(&text, b"ping");
        stream.write_all(b"pong").await.unwrap();
        stream.flush().await.unwrap();
        in_time(client.read_exact(&mut text)).await.unwrap();
        assert_eq!(&text, b"pong");
        // An end, and not a connection that broke off.
        stream.shutdown().await.unwrap();
        assert_eq!(in_time(client.read(&mut text)).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn tls_1_1_is_refused_with_the_alert_that_says_so() {
    let authority = Authority::new("server CA");
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), Some(&authority.tls(Speaks::Mqtt)));
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(&client_hello([3, 2])).await.unwrap();
    let mut alert = [0; 7];
    in_time(client.read_exact(&mut alert)).await.unwrap();
    let [record, major, _, 0, 2, level, description] = alert else { panic!("{alert:x?} is no alert") };
    assert_eq!((record, major, level, description), (21, 3, 2, 70), "fatal: protocol_version");
    arrivals.none().await;
    assert_eq!(server.admission.counters().tls_failed, 1);

    // The same of TLS 1.2 is answered, so it was the version.
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(&client_hello([3, 3])).await.unwrap();
    let mut answer = [0; 6];
    in_time(client.read_exact(&mut answer)).await.unwrap();
    assert_eq!((answer[0], answer[5]), (22, 2), "a handshake, with a ServerHello");
}

/// The first message of a client that knows nothing newer than `version`.
fn client_hello(version: [u8; 2]) -> Vec<u8> {
    let sized = |content: &[u8], width: usize| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[4 - width..], content].concat()
    };
    // supported_groups: P-256; ec_point_formats: uncompressed; signature_algorithms: ECDSA with SHA-256.
    let extensions = [0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3, 0, 23, 0, 0];
    let hello = [
        &version[..],
        &[7; 32],                          // random
        &sized(&[], 1),                    // no session
        &sized(&[0xc0, 0x2b, 0xc0, 9], 2), // ECDHE-ECDSA with AES-128, GCM and CBC
        &sized(&[0], 1),                   // no compression
        &sized(&extensions, 2),
    ]
    .concat();
    let handshake = [&[1][..], &sized(&hello, 3)].concat();
    [&[22, 3, 1][..], &sized(&handshake, 2)].concat()
}

#[tokio::test]
async fn a_client_may_say_what_it_speaks_or_not_but_nothing_else() {
    let authority = Authority::new("server CA");
    let cases: [(Speaks, &'static [&'static str], Option<&str>); 6] = [
        (Speaks::Mqtt, &["mqtt"], Some("mqtt")),
        (Speaks::Mqtt, &["http/1.1"], None),
        (Speaks::Mqtt, &[], Some("")),
        (Speaks::Http, &["h2", "http/1.1"], Some("http/1.1")),
        (Speaks::Http, &["h2"], None),
        (Speaks::Http, &[], Some("")),
    ];
    for (speaks, alpn, expected) in cases {
        let (server, mut arrivals) = Server::handing_over(&Limits::default(), Some(&authority.tls(speaks)));
        let mut client = authority.client();
        client.alpn = alpn;
        let connected = client.connect(server.address).await;
        match expected {
            Some(expected) => {
                let client = connected.unwrap();
                let chosen = client.get_ref().1.alpn_protocol().unwrap_or_default();
                assert_eq!(str::from_utf8(chosen).unwrap(), expected);
                arrivals.next().await;
            }
            None => {
                let error = connected.unwrap_err().to_string();
                assert!(error.contains("NoApplicationProtocol"), "{error}");
                arrivals.none().await;
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_speaks_no_tls_is_counted_and_gives_its_place_back() {
    let authority = Authority::new("server CA");
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), Some(&authority.tls(Speaks::Mqtt)));
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    // An alert and the end, or the end at once.
    let _ = in_time(client.read_to_end(&mut rest)).await;
    arrivals.none().await;
    assert_eq!(server.admission.counters().tls_failed, 1);
    assert_eq!(server.admission.open(), 0);
}

#[tokio::test]
async fn a_client_that_comes_back_resumes_its_session() {
    let authority = Authority::new("server CA");
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), Some(&authority.tls(Speaks::Mqtt)));
    let connector = authority.client().connector();
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let mut client = connect(&connector, server.address).await.unwrap();
        let (mut stream, _peer) = arrivals.next().await;
        stream.write_all(b"x").await.unwrap();
        stream.flush().await.unwrap();
        // The ticket comes before it.
        in_time(client.read_exact(&mut [0])).await.unwrap();
        kinds.push(client.get_ref().1.handshake_kind());
        assert!(matches!(stream, Stream::Tls(_)));
    }
    assert_eq!(kinds, [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)]);
}

#[tokio::test]
async fn a_renewed_certificate_is_served_after_reloading_and_old_connections_go_on() {
    let authority = Authority::new("server CA");
    let tls = authority.tls(Speaks::Mqtt);
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), Some(&tls));
    let served = |client: &tokio_rustls::client::TlsStream<TcpStream>| {
        client.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let mut old = authority.client().connect(server.address).await.unwrap();
    let (mut old_stream, _peer) = arrivals.next().await;

    authority.issue_server();
    let same = authority.client().connect(server.address).await.unwrap();
    assert_eq!(served(&same), served(&old), "a file is no reason to change anything");
    arrivals.next().await;

    tls.reload().unwrap();
    let renewed = authority.client().connect(server.address).await.unwrap();
    assert_ne!(served(&renewed), served(&old));
    arrivals.next().await;

    old.write_all(b"ping").await.unwrap();
    in_time(old_stream.read_exact(&mut [0; 4])).await.unwrap();
}

#[tokio::test]
async fn a_renewal_that_cannot_be_read_leaves_the_former_certificate_in_place() {
    let authority = Authority::new("server CA");
    let tls = authority.tls(Speaks::Mqtt);
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), Some(&tls));
    std::fs::write(authority.path("server.pem"), "half").unwrap();
    assert!(tls.reload().unwrap_err().to_string().starts_with("mqtt.tls.certificate-file: "));
    authority.client().connect(server.address).await.unwrap();
    arrivals.next().await;
}
