//! Packets of a server: written here, read by rumqttc.

use std::num::{NonZeroU16, NonZeroU32};

use bytes::BytesMut;
use kaa_kpc::mqtt::packet::{
    Acknowledgement, ConnAck, Delivery, Disconnect, PacketId, ProtocolVersion, Publish, ServerPacket, SubAck,
    UnsubAck,
};
use kaa_kpc::mqtt::property::SubscriptionId;
use kaa_kpc::mqtt::{Encoder, Properties, Property, ReasonCode, TopicName};
use proptest::prelude::*;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::v5;

use super::{payload, text, user_properties};

fn written(version: ProtocolVersion, packet: &ServerPacket) -> BytesMut {
    let mut wire = BytesMut::new();
    Encoder::new(version).encode(packet, &mut wire).unwrap();
    wire
}

/// The packet as rumqttc reads it in MQTT 3.1.1.
fn v311(packet: &ServerPacket) -> v4::Packet {
    let mut wire = written(ProtocolVersion::V311, packet);
    let packet = v4::Packet::read(&mut wire, usize::MAX).unwrap();
    assert!(wire.is_empty());
    packet
}

/// The packet as rumqttc reads it in MQTT 5.
fn five(packet: &ServerPacket) -> v5::Packet {
    let mut wire = written(ProtocolVersion::V5, packet);
    let packet = v5::Packet::read(&mut wire, None).unwrap();
    assert!(wire.is_empty());
    packet
}

fn pairs(pairs: &[(String, String)]) -> impl Iterator<Item = Property<'_>> {
    pairs.iter().map(|(key, value)| Property::UserProperty((key, value)))
}

fn packet_id() -> impl Strategy<Value = PacketId> + Clone {
    (1..=u16::MAX).prop_map(|number| NonZeroU16::new(number).unwrap())
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let acknowledged = (packet_id(), any::<bool>());
    prop_oneof![
        Just(Delivery::AtMostOnce),
        acknowledged
            .clone()
            .prop_map(|(packet_id, duplicate)| Delivery::AtLeastOnce { packet_id, duplicate }),
        acknowledged.prop_map(|(packet_id, duplicate)| Delivery::ExactlyOnce { packet_id, duplicate }),
    ]
}

proptest! {
    #[test]
    fn publishes(
        topic in text(),
        payload in payload(),
        delivery in delivery(),
        retain in any::<bool>(),
        expiry in any::<u32>(),
        (content_type, response_topic) in (text(), text()),
        identifiers in prop::collection::vec(1..268_435_456_u32, 0..3),
        user_properties in user_properties(),
    ) {
        let numbers = identifiers.iter().map(|number| Property::SubscriptionIdentifier(SubscriptionId::new(*number).unwrap()));
        let fixed = [
            Property::MessageExpiryInterval(expiry),
            Property::ContentType(&content_type),
            Property::ResponseTopic(&response_topic),
            Property::CorrelationData(b"\x00\xff"),
            Property::PayloadFormatIndicator(true),
        ];
        let properties = Properties::new(fixed.into_iter().chain(numbers).chain(pairs(&user_properties))).unwrap();
        let name = TopicName::new(topic.clone()).unwrap();
        let packet = ServerPacket::Publish(Publish { retain, properties, ..Publish::new(name, delivery, payload.clone()) });
        let pkid = delivery.packet_id().map_or(0, NonZeroU16::get);

        let v4::Packet::Publish(read) = v311(&packet) else { panic!() };
        prop_assert_eq!((&read.topic, &read.payload[..], read.pkid), (&topic, &payload[..], pkid));
        prop_assert_eq!((read.qos as u8, read.dup, read.retain), (delivery.qos() as u8, delivery.is_duplicate(), retain));

        let v5::Packet::Publish(read) = five(&packet) else { panic!() };
        prop_assert_eq!((&read.topic[..], &read.payload[..], read.pkid), (topic.as_bytes(), &payload[..], pkid));
        prop_assert_eq!((read.qos as u8, read.dup, read.retain), (delivery.qos() as u8, delivery.is_duplicate(), retain));
        prop_assert_eq!(read.properties, Some(v5::PublishProperties {
            payload_format_indicator: Some(1),
            message_expiry_interval: Some(expiry),
            topic_alias: None,
            response_topic: Some(response_topic),
            correlation_data: Some(vec![0, 0xff].into()),
            user_properties,
            subscription_identifiers: identifiers.into_iter().map(|number| number as usize).collect(),
            content_type: Some(content_type),
        }));
    }

    #[test]
    fn connacks(
        session_present in any::<bool>(),
        (receive_maximum, alias_maximum, keep_alive) in (1..u16::MAX, any::<u16>(), any::<u16>()),
        (expiry, size) in (any::<u32>(), 1..u32::MAX),
        (client_id, reason, server) in (text(), text(), text()),
        available in any::<bool>(),
        user_properties in user_properties(),
    ) {
        let fixed = [
            Property::SessionExpiryInterval(expiry),
            Property::ReceiveMaximum(NonZeroU16::new(receive_maximum).unwrap()),
            Property::MaximumQos(kaa_kpc::mqtt::packet::Qos::AtLeastOnce),
            Property::RetainAvailable(available),
            Property::MaximumPacketSize(NonZeroU32::new(size).unwrap()),
            Property::AssignedClientIdentifier(&client_id),
            Property::TopicAliasMaximum(alias_maximum),
            Property::ReasonString(&reason),
            Property::WildcardSubscriptionAvailable(available),
            Property::SubscriptionIdentifierAvailable(!available),
            Property::SharedSubscriptionAvailable(available),
            Property::ServerKeepAlive(keep_alive),
            Property::ServerReference(&server),
        ];
        let properties = Properties::new(fixed.into_iter().chain(pairs(&user_properties))).unwrap();
        let packet = ServerPacket::ConnAck(ConnAck { properties, ..ConnAck::accepted(session_present) });

        prop_assert_eq!(v311(&packet), v4::Packet::ConnAck(v4::ConnAck::new(v4::ConnectReturnCode::Success, session_present)));
        prop_assert_eq!(five(&packet), v5::Packet::ConnAck(v5::ConnAck {
            session_present,
            code: v5::ConnectReturnCode::Success,
            properties: Some(v5::ConnAckProperties {
                session_expiry_interval: Some(expiry),
                receive_max: Some(receive_maximum),
                max_qos: Some(1),
                retain_available: Some(u8::from(available)),
                max_packet_size: Some(size),
                assigned_client_identifier: Some(client_id),
                topic_alias_max: Some(alias_maximum),
                reason_string: Some(reason),
                user_properties,
                wildcard_subscription_available: Some(u8::from(available)),
                subscription_identifiers_available: Some(u8::from(!available)),
                shared_subscription_available: Some(u8::from(available)),
                server_keep_alive: Some(keep_alive),
                response_information: None,
                server_reference: Some(server),
                authentication_method: None,
                authentication_data: None,
            }),
        }));
    }

    #[test]
    fn subacks_and_unsubacks(packet_id in packet_id(), reasons in prop::collection::vec(0..4_usize, 1..9), reason in text()) {
        let properties = Properties::new([Property::ReasonString(&reason)]).unwrap();
        let codes = [ReasonCode::Success, ReasonCode::GrantedQos1, ReasonCode::GrantedQos2, ReasonCode::NotAuthorized];
        let granted = reasons.iter().map(|index| codes[*index]).collect();
        let packet = ServerPacket::SubAck(SubAck { packet_id, reasons: granted, properties: properties.clone() });
        let v4::Packet::SubAck(read) = v311(&packet) else { panic!() };
        let failed: Vec<_> = read.return_codes.iter().map(|code| *code == v4::SubscribeReasonCode::Failure).collect();
        prop_assert_eq!((read.pkid, failed), (packet_id.get(), reasons.iter().map(|index| *index == 3).collect()));
        let v5::Packet::SubAck(read) = five(&packet) else { panic!() };
        let refused: Vec<_> = read.return_codes.iter().map(|code| *code == v5::SubscribeReasonCode::NotAuthorized).collect();
        prop_assert_eq!((read.pkid, refused), (packet_id.get(), reasons.iter().map(|index| *index == 3).collect()));
        prop_assert_eq!(read.properties.unwrap().reason_string, Some(reason));

        let codes = [ReasonCode::Success, ReasonCode::NoSubscriptionExisted, ReasonCode::NotAuthorized, ReasonCode::Success];
        let removed = reasons.iter().map(|index| codes[*index]).collect();
        let packet = ServerPacket::UnsubAck(UnsubAck { packet_id, reasons: removed, properties });
        let v4::Packet::UnsubAck(read) = v311(&packet) else { panic!() };
        prop_assert_eq!(read.pkid, packet_id.get());
        let v5::Packet::UnsubAck(read) = five(&packet) else { panic!() };
        let none: Vec<_> = read.reasons.iter().map(|code| *code == v5::UnsubAckReason::NoSubscriptionExisted).collect();
        prop_assert_eq!((read.pkid, none), (packet_id.get(), reasons.iter().map(|index| *index == 1).collect()));
    }

    #[test]
    fn acknowledgements(packet_id in packet_id(), which in 0..4_usize, user_properties in user_properties()) {
        let wrap = [ServerPacket::PubAck, ServerPacket::PubRec, ServerPacket::PubRel, ServerPacket::PubComp][which];
        let pkid = packet_id.get();
        prop_assert_eq!(v311(&wrap(Acknowledgement::new(packet_id))), [
            v4::Packet::PubAck(v4::PubAck { pkid }),
            v4::Packet::PubRec(v4::PubRec { pkid }),
            v4::Packet::PubRel(v4::PubRel { pkid }),
            v4::Packet::PubComp(v4::PubComp { pkid }),
        ][which].clone());

        let reason = [ReasonCode::NotAuthorized, ReasonCode::NotAuthorized, ReasonCode::PacketIdentifierNotFound, ReasonCode::PacketIdentifierNotFound][which];
        let properties = Properties::new(pairs(&user_properties)).unwrap();
        let packet = wrap(Acknowledgement { properties, ..Acknowledgement::with_reason(packet_id, reason) });
        let (read, sent) = match five(&packet) {
            v5::Packet::PubAck(read) => (read.pkid, (read.reason == v5::PubAckReason::NotAuthorized).then_some(read.properties.map(|p| p.user_properties))),
            v5::Packet::PubRec(read) => (read.pkid, (read.reason == v5::PubRecReason::NotAuthorized).then_some(read.properties.map(|p| p.user_properties))),
            v5::Packet::PubRel(read) => (read.pkid, (read.reason == v5::PubRelReason::PacketIdentifierNotFound).then_some(read.properties.map(|p| p.user_properties))),
            v5::Packet::PubComp(read) => (read.pkid, (read.reason == v5::PubCompReason::PacketIdentifierNotFound).then_some(read.properties.map(|p| p.user_properties))),
            packet => panic!("{packet:?}"),
        };
        prop_assert_eq!(read, pkid);
        prop_assert_eq!(sent.expect("the reason code").unwrap_or_default(), user_properties);
    }

    #[test]
    fn disconnects(reason in text(), server in text()) {
        let properties = Properties::new([Property::ReasonString(&reason), Property::ServerReference(&server)]).unwrap();
        let packet = ServerPacket::Disconnect(Disconnect { properties, ..Disconnect::new(ReasonCode::ServerMoved) });
        let v5::Packet::Disconnect(read) = five(&packet) else { panic!() };
        prop_assert_eq!(read.reason_code, v5::DisconnectReasonCode::ServerMoved);
        let properties = read.properties.unwrap();
        prop_assert_eq!((properties.reason_string, properties.server_reference), (Some(reason), Some(server)));
    }
}

#[test]
fn a_ping_is_answered() {
    assert_eq!(v311(&ServerPacket::PingResp), v4::Packet::PingResp);
    assert_eq!(five(&ServerPacket::PingResp), v5::Packet::PingResp(v5::PingResp));
}
