//! What the encoder leaves out, and what it refuses.

use std::num::NonZeroU16;

use bytes::BytesMut;
use kaa_kpc::mqtt::packet::{
    Acknowledgement, ClientPacket, ConnAck, Delivery, Disconnect, PacketId, PacketType, ProtocolVersion,
    Publish, ServerPacket, SubAck,
};
use kaa_kpc::mqtt::property::{SubscriptionId, ValueError};
use kaa_kpc::mqtt::{
    Capabilities, Decoder, EncodeError, Encoder, Properties, Property, ReasonCode, TopicName,
};

use crate::notation::bytes;

const ID: PacketId = NonZeroU16::new(1).unwrap();

/// The encoder for a client that takes packets of `size` bytes and may want problem information.
fn encoder(size: u8, problem_information: u8) -> Encoder {
    let connect =
        format!("10 15 0004 'MQTT' 05 02 003c 07 27 000000{size:02x} 17 {problem_information:02x} 0001 'a'");
    let mut buffer = BytesMut::from(&bytes(&connect)[..]);
    match Decoder::new(Capabilities::default()).decode(&mut buffer).unwrap() {
        Some(ClientPacket::Connect(connect)) => Encoder::for_client(&connect),
        packet => panic!("{packet:?}"),
    }
}

fn encoded(encoder: Encoder, packet: &ServerPacket) -> Result<Vec<u8>, EncodeError> {
    let mut output = BytesMut::new();
    let result = encoder.encode(packet, &mut output);
    assert_eq!(result.is_err(), output.is_empty(), "nothing of a packet that is refused");
    result.map(|()| output.to_vec())
}

fn explained() -> Properties {
    Properties::new([Property::UserProperty(("k", "v")), Property::ReasonString("because")]).unwrap()
}

#[test]
fn user_properties_go_first_and_the_reason_string_next() {
    let packet = ServerPacket::PubAck(Acknowledgement {
        properties: explained(),
        ..Acknowledgement::with_reason(ID, ReasonCode::QuotaExceeded)
    });
    let all = bytes("40 15 0001 97 11 26 0001 'k' 0001 'v' 1f 0007 'because'");
    let reason_string = bytes("40 0e 0001 97 0a 1f 0007 'because'");
    let bare = bytes("40 03 0001 97");
    for (size, expected) in [(23, &all), (22, &reason_string), (16, &reason_string), (15, &bare), (5, &bare)]
    {
        assert_eq!(encoded(encoder(size, 1), &packet).as_ref(), Ok(expected), "{size}");
    }
    let packet_type = PacketType::PubAck;
    let error = EncodeError::TooLarge { packet: packet_type, size: 5, limit: 4 };
    assert_eq!(encoded(encoder(4, 1), &packet), Err(error));
    assert_eq!(error.to_string(), "PUBACK of 5 bytes; this client takes at most 4 [MQTT-3.1.2-24]");
}

#[test]
fn who_does_not_want_problem_information_gets_it_with_three_packets_only() {
    let packet = |place: &str| match place {
        "PUBACK" => {
            ServerPacket::PubAck(Acknowledgement { properties: explained(), ..Acknowledgement::new(ID) })
        }
        "SUBACK" => ServerPacket::SubAck(SubAck {
            packet_id: ID,
            reasons: vec![ReasonCode::Success],
            properties: explained(),
        }),
        "CONNACK" => ServerPacket::ConnAck(ConnAck { properties: explained(), ..ConnAck::accepted(false) }),
        "DISCONNECT" => ServerPacket::Disconnect(Disconnect {
            properties: explained(),
            ..Disconnect::new(ReasonCode::ServerShuttingDown)
        }),
        _ => unreachable!(),
    };
    assert_eq!(encoded(encoder(99, 0), &packet("PUBACK")), Ok(bytes("40 02 0001")));
    assert_eq!(encoded(encoder(99, 0), &packet("SUBACK")), Ok(bytes("90 04 0001 00 00")));
    for place in ["CONNACK", "DISCONNECT"] {
        let written = encoded(encoder(99, 0), &packet(place)).unwrap();
        assert!(written.windows(7).any(|window| window == b"because"), "{place}");
    }
}

#[test]
fn a_message_is_sent_whole_or_not_at_all() {
    let topic = TopicName::new("t").unwrap();
    let properties = Properties::new([Property::UserProperty(("k", "v"))]).unwrap();
    let packet =
        ServerPacket::Publish(Publish { properties, ..Publish::new(topic, Delivery::AtMostOnce, "payload") });
    assert_eq!(encoded(encoder(20, 0), &packet).map(|bytes| bytes.len()), Ok(20));
    let error = EncodeError::TooLarge { packet: PacketType::Publish, size: 20, limit: 19 };
    assert_eq!(encoded(encoder(19, 0), &packet), Err(error));
}

#[test]
fn a_message_may_belong_to_several_subscriptions() {
    let topic = TopicName::new("t").unwrap();
    let identifiers =
        [1, 200].map(|number| Property::SubscriptionIdentifier(SubscriptionId::new(number).unwrap()));
    let properties = Properties::new(identifiers).unwrap();
    let packet =
        ServerPacket::Publish(Publish { properties, ..Publish::new(topic, Delivery::AtMostOnce, "") });
    assert_eq!(
        encoded(Encoder::new(ProtocolVersion::V5), &packet),
        Ok(bytes("30 09 0001 't' 05 0b 01 0b c801"))
    );
}

#[test]
fn what_the_specification_forbids_is_not_written() {
    let connack = |properties: &[Property<'_>]| {
        let properties = Properties::new(properties.iter().copied()).unwrap();
        ServerPacket::ConnAck(ConnAck { properties, ..ConnAck::accepted(false) })
    };
    let disconnect = |properties: &[Property<'_>]| {
        let properties = Properties::new(properties.iter().copied()).unwrap();
        ServerPacket::Disconnect(Disconnect { properties, ..Disconnect::new(ReasonCode::ServerBusy) })
    };
    let present = ConnAck { session_present: true, ..ConnAck::refused(ReasonCode::Banned) };
    for (packet, text) in [
        (
            ServerPacket::ConnAck(present),
            "CONNACK refuses (0x8a banned) and has a session; expected session present 0 [MQTT-3.2.2-6]",
        ),
        (
            ServerPacket::ConnAck(ConnAck::refused(ReasonCode::SessionTakenOver)),
            "CONNACK does not have reason code 0x8e session taken over [MQTT-3.2.2-8]",
        ),
        (
            ServerPacket::Disconnect(Disconnect::new(ReasonCode::DisconnectWithWill)),
            "DISCONNECT does not have reason code 0x04 disconnect with will message [MQTT-3.14.2-1]",
        ),
        (
            ServerPacket::PubRel(Acknowledgement::with_reason(ID, ReasonCode::UnspecifiedError)),
            "PUBREL does not have reason code 0x80 unspecified error [MQTT-3.6.2-1]",
        ),
        (
            ServerPacket::SubAck(SubAck {
                packet_id: ID,
                reasons: vec![],
                properties: Properties::default(),
            }),
            "SUBACK has no reason code; expected one for each topic filter",
        ),
        (
            connack(&[Property::ServerKeepAlive(1), Property::ServerKeepAlive(2)]),
            "server keep alive twice; expected once [section 3.2.2.3]",
        ),
        (connack(&[Property::TopicAlias(1)]), "topic alias is not sent in this packet [section 3.2.2.3]"),
        (
            disconnect(&[Property::SessionExpiryInterval(1)]),
            "session expiry interval is not sent in this packet [section 3.14.2.2]",
        ),
    ] {
        let error = encoded(Encoder::new(ProtocolVersion::V5), &packet).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn mqtt_3_1_1_does_not_acknowledge_what_failed() {
    for (packet, text) in [
        (
            ServerPacket::PubAck(Acknowledgement::with_reason(ID, ReasonCode::NotAuthorized)),
            "MQTT 3.1.1 has no PUBACK for 0x87 not authorized; close the connection",
        ),
        (
            ServerPacket::ConnAck(ConnAck::refused(ReasonCode::ProtocolError)),
            "MQTT 3.1.1 has no CONNACK for 0x82 protocol error; close the connection",
        ),
        (
            ServerPacket::Disconnect(Disconnect::new(ReasonCode::SessionTakenOver)),
            "MQTT 3.1.1 has no DISCONNECT for 0x8e session taken over; close the connection",
        ),
    ] {
        let error = encoded(Encoder::new(ProtocolVersion::V311), &packet).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_property_has_a_value_that_the_wire_can_carry() {
    let long = "x".repeat(65_536);
    for (property, problem) in [
        (Property::ReasonString(&long), ValueError::TooLong(65_536)),
        (Property::CorrelationData(long.as_bytes()), ValueError::TooLong(65_536)),
        (Property::UserProperty(("a", "b\0")), ValueError::NullCharacter),
    ] {
        let error = EncodeError::Value { property: property.name(), problem };
        assert_eq!(Properties::new([property]), Err(error));
    }
    let error = Properties::new([Property::ResponseTopic("a/#")]).unwrap_err();
    assert_eq!(error.to_string(), "response topic: the topic name contains the wildcard #");
    assert_eq!(SubscriptionId::new(0), None);
    assert_eq!(SubscriptionId::new(268_435_456), None);
}

#[test]
fn a_packet_has_a_size_that_its_header_can_say() {
    let packet = ServerPacket::Publish(Publish::new(
        TopicName::new("t").unwrap(),
        Delivery::AtMostOnce,
        vec![0; 268_435_455 - 2],
    ));
    let error = encoded(Encoder::new(ProtocolVersion::V311), &packet).unwrap_err();
    assert!(matches!(error, EncodeError::TooLarge { size: 268_435_461, .. }), "{error}");
}
