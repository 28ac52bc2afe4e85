//! A client that somebody else wrote, over a real socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::world::{World, peer};
use crate::session::serve;

const TOPIC: &str = "kp1/v1/ext/ep-1/echo";

async fn listen(world: &World) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let front = Arc::clone(&world.front);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(Arc::clone(&front), socket, peer()));
        }
    });
    port
}

#[tokio::test]
async fn rumqttc_speaks_mqtt_311() {
    use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
    let world = World::new().await;
    let options = MqttOptions::new("rumqttc", "127.0.0.1", listen(&world).await);
    let (client, mut events) = AsyncClient::new(options, 10);
    client.subscribe("kp1/v1/ext/ep-1/#", QoS::ExactlyOnce).await.unwrap();
    for (qos, id) in [(QoS::AtMostOnce, 0), (QoS::AtLeastOnce, 1), (QoS::ExactlyOnce, 2)] {
        client.publish(format!("{TOPIC}/{id}"), qos, false, format!("{id}")).await.unwrap();
    }
    let (mut answers, mut seen) = (Vec::new(), Vec::new());
    let run = async {
        while answers.len() < 3 || seen.len() < 4 {
            match events.poll().await.unwrap() {
                Event::Incoming(Packet::Publish(publish)) => {
                    answers.push((publish.topic, publish.qos, publish.payload));
                }
                Event::Incoming(Packet::ConnAck(connack)) => assert!(!connack.session_present),
                Event::Incoming(packet @ (Packet::PubAck(_) | Packet::PubRec(_) | Packet::PubComp(_))) => {
                    seen.push(format!("{packet:?}"));
                }
                Event::Incoming(packet @ Packet::SubAck(_)) => seen.push(format!("{packet:?}")),
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(10), run).await.unwrap();
    answers.sort_by(|a, b| a.0.cmp(&b.0));
    let answer = |id, qos| (format!("{TOPIC}/{id}/status"), qos, bytes::Bytes::from(format!("{id}")));
    assert_eq!(
        answers,
        [answer(0, QoS::AtMostOnce), answer(1, QoS::AtLeastOnce), answer(2, QoS::AtLeastOnce)]
    );
}

#[tokio::test]
async fn rumqttc_speaks_mqtt_5() {
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::Packet;
    use rumqttc::v5::{AsyncClient, Event, MqttOptions};
    let world = World::new().await;
    let options = MqttOptions::new("rumqttc", "127.0.0.1", listen(&world).await);
    let (client, mut events) = AsyncClient::new(options, 10);
    client.subscribe("kp1/v1/ext/ep-1/#", QoS::ExactlyOnce).await.unwrap();
    for (qos, id) in [(QoS::AtMostOnce, 0), (QoS::AtLeastOnce, 1), (QoS::ExactlyOnce, 2)] {
        client.publish(format!("{TOPIC}/{id}"), qos, false, format!("{id}")).await.unwrap();
    }
    let (mut answers, mut completed) = (Vec::new(), 0);
    let run = async {
        while answers.len() < 3 || completed < 2 {
            match events.poll().await.unwrap() {
                Event::Incoming(Packet::Publish(publish)) => answers.push((publish.topic, publish.qos)),
                Event::Incoming(Packet::PubAck(_) | Packet::PubComp(_)) => completed += 1,
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(10), run).await.unwrap();
    answers.sort_by(|a, b| a.0.cmp(&b.0));
    let answer = |id, qos| (bytes::Bytes::from(format!("{TOPIC}/{id}/status")), qos);
    assert_eq!(
        answers,
        [answer(0, QoS::AtMostOnce), answer(1, QoS::AtLeastOnce), answer(2, QoS::AtLeastOnce)]
    );
}

#[tokio::test]
async fn a_client_that_goes_on_talking_still_hears_why_it_is_closed() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::new().await;
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", listen(&world).await)).await.unwrap();
    let mut bytes = super::world::connect_v5("a", b"");
    bytes.extend(b"\xc1\0");
    bytes.extend(vec![0; 32 * 1024]);
    socket.write_all(&bytes).await.unwrap();
    let mut answers = Vec::new();
    timeout(Duration::from_secs(10), socket.read_to_end(&mut answers)).await.unwrap().unwrap();
    let connack = 2 + usize::from(answers[1]);
    assert_eq!((answers[0], answers[connack], answers[connack + 2]), (0x20, 0xe0, 0x81));
}
