//! What mosquitto_pub, mosquitto_sub and paho send, as it was written down by `tests/golden/capture.py`.

use bytes::BytesMut;
use kaa_kpc::mqtt::packet::{ClientPacket, ProtocolVersion};
use kaa_kpc::mqtt::{Capabilities, Decoder, Property};

const CAPTURED: &str = include_str!("../golden/captured.txt");
const TOPIC: &str = "kp1/humidity-sensor-v3/dcx/token-1/json/42";
const PAYLOAD: &[u8] = br#"[{"humidity":88}]"#;

struct Conversation {
    version: ProtocolVersion,
    what: &'static str,
    lines: Vec<Vec<u8>>,
    packets: Vec<ClientPacket>,
}

fn conversations() -> Vec<Conversation> {
    let paragraphs = CAPTURED.split("\n\n").filter(|paragraph| paragraph.starts_with('['));
    let read = |paragraph: &'static str| {
        let mut lines = paragraph.lines();
        let (version, what) = lines.next().unwrap()[1..].split_once("] ").unwrap();
        let version = if version == "5" { ProtocolVersion::V5 } else { ProtocolVersion::V311 };
        let lines: Vec<_> =
            lines.map(|line| data_encoding::HEXLOWER.decode(line.as_bytes()).unwrap()).collect();
        let capabilities = Capabilities { topic_alias_maximum: 10, ..Capabilities::default() };
        let mut decoder = Decoder::new(capabilities);
        let mut buffer = BytesMut::from(&lines.concat()[..]);
        let packets: Vec<_> = std::iter::from_fn(|| {
            decoder.decode(&mut buffer).unwrap_or_else(|error| panic!("{what}: {error}"))
        })
        .collect();
        assert!(buffer.is_empty());
        Conversation { version, what, lines, packets }
    };
    paragraphs.map(read).collect()
}

#[test]
fn every_line_is_a_packet_and_every_conversation_has_its_ends() {
    let conversations = conversations();
    assert_eq!(conversations.len(), 16);
    for Conversation { version, what, lines, packets } in conversations {
        assert_eq!(packets.len(), lines.len(), "{what}");
        let Some(ClientPacket::Connect(connect)) = packets.first() else { panic!("{what}") };
        assert_eq!((connect.version, &*connect.client_id), (version, "sensor-1"), "{what}");
        assert!(matches!(packets.last(), Some(ClientPacket::Disconnect(_))), "{what}");
    }
}

#[test]
fn what_was_published_arrives() {
    for Conversation { what, packets, .. } in conversations() {
        let messages = packets.iter().filter_map(|packet| match packet {
            ClientPacket::Publish(publish) => Some(publish),
            _ => None,
        });
        for publish in messages {
            assert_eq!(publish.topic.as_str(), TOPIC, "{what}");
            assert!(publish.payload == PAYLOAD || (publish.payload.is_empty() && publish.retain), "{what}");
        }
    }
}

#[test]
fn a_repeated_message_has_an_alias_in_place_of_its_topic() {
    let conversations = conversations();
    let repeated = conversations
        .iter()
        .find(|conversation| conversation.what == "mosquitto_pub with properties")
        .unwrap();
    let [_, first, second, _] = &repeated.packets[..] else { panic!("{:?}", repeated.packets) };
    let (ClientPacket::Publish(first), ClientPacket::Publish(second)) = (first, second) else { panic!() };
    assert!(repeated.lines[1].len() > repeated.lines[2].len());
    assert_eq!((&first.topic, &first.properties), (&second.topic, &second.properties));
    assert_eq!(first.properties.iter().next(), Some(Property::UserProperty(("a", "b"))));
}

#[test]
fn properties_of_every_packet_arrive() {
    let conversations = conversations();
    let conversation =
        conversations.iter().find(|conversation| conversation.what == "paho with properties").unwrap();
    let user_properties =
        [Property::UserProperty(("firmware", "1.4")), Property::UserProperty(("battery", "87 %"))];
    let mut seen = 0;
    for packet in &conversation.packets {
        let properties = match packet {
            ClientPacket::Connect(connect) => {
                assert_eq!((connect.receive_maximum(), connect.maximum_packet_size()), (20, 65_536));
                assert_eq!((connect.session_expiry_interval(), connect.clean), (3_600, false));
                let will = &connect.will.as_ref().unwrap().properties;
                assert!(will.iter().any(|property| property == Property::WillDelayInterval(10)));
                &connect.properties
            }
            ClientPacket::Subscribe(subscribe) => {
                assert_eq!(subscribe.identifier().unwrap().get(), 200);
                &subscribe.properties
            }
            ClientPacket::Unsubscribe(unsubscribe) => &unsubscribe.properties,
            ClientPacket::Disconnect(disconnect) => &disconnect.properties,
            ClientPacket::Publish(publish) if !publish.properties.is_empty() => &publish.properties,
            _ => continue,
        };
        let sent: Vec<_> =
            properties.iter().filter(|property| matches!(property, Property::UserProperty(_))).collect();
        assert_eq!(sent, user_properties, "{packet:?}");
        seen += 1;
    }
    assert_eq!(seen, 5);
}
