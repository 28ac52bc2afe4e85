//! Packets of a client: written by rumqttc, read here.

use bytes::{Bytes, BytesMut};
use kaa_kpc::mqtt::packet::{ClientPacket, Delivery, ProtocolVersion, Qos, RetainHandling};
use kaa_kpc::mqtt::{Capabilities, Decoder, Properties, Property};
use proptest::prelude::*;
use rumqttc::mqttbytes::{self, v4};
use rumqttc::v5::mqttbytes::{self as mqttbytes5, v5};

use super::{filter, payload, text, user_properties};
use crate::{CONNECT_V5, CONNECT_V311, decoder};

/// The packet of rumqttc after `connect`, as it is read here.
fn read(connect: &str, wire: BytesMut) -> ClientPacket {
    let capabilities = Capabilities { topic_alias_maximum: u16::MAX, ..Capabilities::default() };
    let mut buffer = wire;
    let packet = decoder(capabilities, connect).decode(&mut buffer).unwrap().expect("a whole packet");
    assert!(buffer.is_empty());
    packet
}

fn read_connect(wire: BytesMut) -> kaa_kpc::mqtt::packet::Connect {
    let mut buffer = wire;
    match Decoder::new(Capabilities::default()).decode(&mut buffer).unwrap() {
        Some(ClientPacket::Connect(connect)) => connect,
        packet => panic!("{packet:?}"),
    }
}

fn v311(packet: &v4::Packet) -> BytesMut {
    let mut wire = BytesMut::new();
    packet.write(&mut wire, usize::MAX).unwrap();
    wire
}

fn five(packet: &v5::Packet) -> BytesMut {
    let mut wire = BytesMut::new();
    packet.write(&mut wire, None).unwrap();
    wire
}

fn qos(number: u8) -> (mqttbytes::QoS, mqttbytes5::QoS, Qos) {
    match number {
        0 => (mqttbytes::QoS::AtMostOnce, mqttbytes5::QoS::AtMostOnce, Qos::AtMostOnce),
        1 => (mqttbytes::QoS::AtLeastOnce, mqttbytes5::QoS::AtLeastOnce, Qos::AtLeastOnce),
        _ => (mqttbytes::QoS::ExactlyOnce, mqttbytes5::QoS::ExactlyOnce, Qos::ExactlyOnce),
    }
}

fn sent_user_properties(properties: &Properties) -> Vec<(String, String)> {
    let pairs = properties.iter().filter_map(|property| match property {
        Property::UserProperty((key, value)) => Some((key.to_owned(), value.to_owned())),
        _ => None,
    });
    pairs.collect()
}

fn has(properties: &Properties, property: Option<Property<'_>>) -> bool {
    property.is_none_or(|property| properties.iter().any(|sent| sent == property))
}

proptest! {
    #[test]
    fn connects_of_mqtt_3_1_1(
        client_id in text(),
        keep_alive in any::<u16>(),
        clean_session in any::<bool>(),
        will in prop::option::of((text(), payload(), 0..3_u8, any::<bool>())),
        login in prop::option::of((text(), text())),
    ) {
        let mut packet = v4::Connect::new(client_id.clone());
        packet.keep_alive = keep_alive;
        packet.clean_session = clean_session;
        packet.last_will = will.clone().map(|(topic, message, number, retain)| {
            v4::LastWill { topic, message: message.into(), qos: qos(number).0, retain }
        });
        packet.login = login.clone().map(|(username, password)| v4::Login { username, password });

        let connect = read_connect(v311(&v4::Packet::Connect(packet)));
        prop_assert_eq!(connect.version, ProtocolVersion::V311);
        prop_assert_eq!((&*connect.client_id, connect.clean, connect.keep_alive), (&*client_id, clean_session, keep_alive));
        let read = connect.will.map(|will| (will.topic, will.payload, will.qos, will.retain));
        let read = read.map(|(topic, payload, qos, retain)| (topic.to_string(), payload.to_vec(), qos, retain));
        prop_assert_eq!(read, will.map(|(topic, message, number, retain)| (topic, message, qos(number).2, retain)));
        let credentials = connect.credentials;
        let read = credentials.user_name.map(String::from).zip(credentials.password);
        prop_assert_eq!(read, login.map(|(user, password)| (user, Bytes::from(password))));
    }

    #[test]
    fn connects_of_mqtt_5(
        client_id in text(),
        clean_start in any::<bool>(),
        expiry in prop::option::of(any::<u32>()),
        (receive, size) in (prop::option::of(1..u16::MAX), prop::option::of(1..u32::MAX)),
        problem in prop::option::of(0..2_u8),
        authentication in prop::option::of((text(), prop::option::of(payload()))),
        will in prop::option::of((text(), payload(), 0..3_u8, prop::option::of(any::<u32>()))),
        user_properties in user_properties(),
    ) {
        let (method, data) = authentication.clone().unzip();
        let properties = v5::ConnectProperties {
            session_expiry_interval: expiry,
            receive_maximum: receive,
            max_packet_size: size,
            topic_alias_max: None,
            request_response_info: None,
            request_problem_info: problem,
            user_properties: user_properties.clone(),
            authentication_method: method.clone(),
            authentication_data: data.flatten().map(Bytes::from),
        };
        let packet = v5::Connect {
            keep_alive: 10,
            client_id: client_id.clone(),
            clean_start,
            properties: Some(properties),
        };
        let last_will = will.clone().map(|(topic, message, number, delay)| v5::LastWill {
            topic: topic.into(),
            message: message.into(),
            qos: qos(number).1,
            retain: false,
            properties: Some(v5::LastWillProperties {
                delay_interval: delay,
                payload_format_indicator: None,
                message_expiry_interval: None,
                content_type: None,
                response_topic: None,
                correlation_data: None,
                user_properties: user_properties.clone(),
            }),
        });

        let connect = read_connect(five(&v5::Packet::Connect(packet, last_will, None)));
        prop_assert_eq!((&*connect.client_id, connect.clean), (&*client_id, clean_start));
        prop_assert_eq!(connect.session_expiry_interval(), expiry.unwrap_or(0));
        prop_assert_eq!(connect.receive_maximum(), receive.unwrap_or(u16::MAX));
        prop_assert_eq!(connect.maximum_packet_size(), size.unwrap_or(u32::MAX));
        prop_assert_eq!(connect.request_problem_information(), problem.unwrap_or(1) == 1);
        prop_assert_eq!(connect.authentication_method(), method.as_deref());
        prop_assert_eq!(sent_user_properties(&connect.properties), user_properties.clone());
        prop_assert_eq!(connect.will.is_some(), will.is_some());
        if let (Some(read), Some((topic, message, number, delay))) = (connect.will, will) {
            prop_assert_eq!((read.topic.as_str(), &read.payload[..]), (&*topic, &message[..]));
            prop_assert_eq!(read.qos, qos(number).2);
            prop_assert!(has(&read.properties, delay.map(Property::WillDelayInterval)));
            prop_assert_eq!(sent_user_properties(&read.properties), user_properties);
        }
    }

    #[test]
    fn publishes(
        topic in text(),
        payload in payload(),
        number in 0..3_u8,
        (pkid, dup, retain) in (1..u16::MAX, any::<bool>(), any::<bool>()),
        (format, expiry, alias) in (prop::option::of(0..2_u8), prop::option::of(any::<u32>()), prop::option::of(1..u16::MAX)),
        (response_topic, content_type) in (prop::option::of(text()), prop::option::of(text())),
        correlation_data in prop::option::of(prop::collection::vec(any::<u8>(), 0..9)),
        user_properties in user_properties(),
    ) {
        let dup = dup && number > 0;
        let delivery = |delivery: Delivery| (delivery.qos(), delivery.packet_id().map(u16::from), delivery.is_duplicate());
        let expected = (qos(number).2, (number > 0).then_some(pkid), dup);

        let mut packet = v4::Publish::new(topic.clone(), qos(number).0, payload.clone());
        (packet.pkid, packet.dup, packet.retain) = (pkid, dup, retain);
        let ClientPacket::Publish(publish) = read(CONNECT_V311, v311(&v4::Packet::Publish(packet))) else { panic!() };
        prop_assert_eq!((publish.topic.as_str(), &publish.payload[..]), (&*topic, &payload[..]));
        prop_assert_eq!((delivery(publish.delivery), publish.retain), (expected, retain));

        let properties = v5::PublishProperties {
            payload_format_indicator: format,
            message_expiry_interval: expiry,
            topic_alias: alias,
            response_topic: response_topic.clone(),
            correlation_data: correlation_data.clone().map(Bytes::from),
            user_properties: user_properties.clone(),
            subscription_identifiers: vec![],
            content_type: content_type.clone(),
        };
        let packet = v5::Publish {
            dup,
            qos: qos(number).1,
            retain,
            topic: topic.clone().into(),
            pkid,
            payload: payload.clone().into(),
            properties: Some(properties),
        };
        let ClientPacket::Publish(publish) = read(CONNECT_V5, five(&v5::Packet::Publish(packet))) else { panic!() };
        prop_assert_eq!((publish.topic.as_str(), &publish.payload[..]), (&*topic, &payload[..]));
        prop_assert_eq!((delivery(publish.delivery), publish.retain), (expected, retain));
        let sent = &publish.properties;
        prop_assert!(has(sent, format.map(|format| Property::PayloadFormatIndicator(format == 1))));
        prop_assert!(has(sent, expiry.map(Property::MessageExpiryInterval)));
        prop_assert!(has(sent, alias.map(Property::TopicAlias)));
        prop_assert!(has(sent, response_topic.as_deref().map(Property::ResponseTopic)));
        prop_assert!(has(sent, content_type.as_deref().map(Property::ContentType)));
        prop_assert!(has(sent, correlation_data.as_deref().map(Property::CorrelationData)));
        prop_assert_eq!(sent_user_properties(sent), user_properties);
    }

    #[test]
    fn subscriptions(
        pkid in 1..u16::MAX,
        filters in prop::collection::vec((filter(), 0..3_u8, any::<bool>(), any::<bool>(), 0..3_u8), 1..6),
        id in prop::option::of(1..268_435_456_usize),
        user_properties in user_properties(),
    ) {
        let many = filters.iter().map(|(path, number, ..)| v4::SubscribeFilter::new(path.clone(), qos(*number).0));
        let mut packet = v4::Subscribe::new_many(many);
        packet.pkid = pkid;
        let ClientPacket::Subscribe(subscribe) = read(CONNECT_V311, v311(&v4::Packet::Subscribe(packet))) else { panic!() };
        let sent: Vec<_> =
            subscribe.subscriptions.iter().map(|one| (one.filter.as_str().to_owned(), one.maximum_qos)).collect();
        let expected: Vec<_> = filters.iter().map(|(path, number, ..)| (path.clone(), qos(*number).2)).collect();
        prop_assert_eq!((sent, subscribe.packet_id.get()), (expected, pkid));

        let many = filters.iter().map(|(path, number, nolocal, preserve_retain, rule)| v5::Filter {
            path: path.clone(),
            qos: qos(*number).1,
            nolocal: *nolocal,
            preserve_retain: *preserve_retain,
            retain_forward_rule: match rule {
                0 => v5::RetainForwardRule::OnEverySubscribe,
                1 => v5::RetainForwardRule::OnNewSubscribe,
                _ => v5::RetainForwardRule::Never,
            },
        });
        let properties = v5::SubscribeProperties { id, user_properties: user_properties.clone() };
        let packet = v5::Subscribe { pkid, filters: many.collect(), properties: Some(properties) };
        let ClientPacket::Subscribe(subscribe) = read(CONNECT_V5, five(&v5::Packet::Subscribe(packet))) else { panic!() };
        let sent: Vec<_> = subscribe
            .subscriptions
            .iter()
            .map(|one| {
                let handling = match one.retain_handling {
                    RetainHandling::Send => 0,
                    RetainHandling::SendIfNew => 1,
                    RetainHandling::DoNotSend => 2_u8,
                };
                let number = one.maximum_qos as u8;
                (one.filter.as_str().to_owned(), number, one.no_local, one.retain_as_published, handling)
            })
            .collect();
        prop_assert_eq!(sent, filters.clone());
        prop_assert_eq!(subscribe.identifier().map(|id| id.get() as usize), id);
        prop_assert_eq!(sent_user_properties(&subscribe.properties), user_properties.clone());

        let paths: Vec<_> = filters.into_iter().map(|(path, ..)| path).collect();
        let properties = v5::UnsubscribeProperties { user_properties };
        let packet = v5::Unsubscribe { pkid, filters: paths.clone(), properties: Some(properties) };
        let ClientPacket::Unsubscribe(unsubscribe) = read(CONNECT_V5, five(&v5::Packet::Unsubscribe(packet))) else { panic!() };
        prop_assert_eq!(unsubscribe.filters.iter().map(|filter| filter.to_string()).collect::<Vec<_>>(), paths.clone());
        let packet = v4::Unsubscribe { pkid, topics: paths.clone() };
        let ClientPacket::Unsubscribe(unsubscribe) = read(CONNECT_V311, v311(&v4::Packet::Unsubscribe(packet))) else { panic!() };
        prop_assert_eq!(unsubscribe.filters.iter().map(|filter| filter.to_string()).collect::<Vec<_>>(), paths);
    }

    #[test]
    fn acknowledgements(pkid in 1..u16::MAX, which in 0..4_usize, explained in prop::option::of(text())) {
        let v4 = [
            v4::Packet::PubAck(v4::PubAck { pkid }),
            v4::Packet::PubRec(v4::PubRec { pkid }),
            v4::Packet::PubRel(v4::PubRel { pkid }),
            v4::Packet::PubComp(v4::PubComp { pkid }),
        ];
        // Success without properties has a short form.
        let reason_string = explained.clone();
        let v5 = [
            v5::Packet::PubAck(v5::PubAck {
                pkid,
                reason: v5::PubAckReason::QuotaExceeded,
                properties: explained.clone().map(|_| v5::PubAckProperties {
                    reason_string: reason_string.clone(),
                    user_properties: vec![],
                }),
            }),
            v5::Packet::PubRec(v5::PubRec {
                pkid,
                reason: v5::PubRecReason::QuotaExceeded,
                properties: explained.clone().map(|_| v5::PubRecProperties {
                    reason_string: reason_string.clone(),
                    user_properties: vec![],
                }),
            }),
            v5::Packet::PubRel(v5::PubRel {
                pkid,
                reason: v5::PubRelReason::PacketIdentifierNotFound,
                properties: explained.clone().map(|_| v5::PubRelProperties {
                    reason_string: reason_string.clone(),
                    user_properties: vec![],
                }),
            }),
            v5::Packet::PubComp(v5::PubComp {
                pkid,
                reason: v5::PubCompReason::PacketIdentifierNotFound,
                properties: explained.clone().map(|_| v5::PubCompProperties {
                    reason_string: reason_string.clone(),
                    user_properties: vec![],
                }),
            }),
        ];
        let short = read(CONNECT_V311, v311(&v4[which]));
        let long = read(CONNECT_V5, five(&v5[which]));
        prop_assert_eq!(std::mem::discriminant(&short), std::mem::discriminant(&long));
        for (packet, reason, text) in [(short, 0x00, None), (long, if which < 2 { 0x97 } else { 0x92 }, explained)] {
            let (ClientPacket::PubAck(packet)
            | ClientPacket::PubRec(packet)
            | ClientPacket::PubRel(packet)
            | ClientPacket::PubComp(packet)) = packet else { panic!() };
            prop_assert_eq!((packet.packet_id.get(), packet.reason.byte()), (pkid, reason));
            prop_assert!(has(&packet.properties, text.as_deref().map(Property::ReasonString)));
        }
    }
}

#[test]
fn packets_without_content() {
    assert_eq!(read(CONNECT_V311, v311(&v4::Packet::PingReq)), ClientPacket::PingReq);
    assert_eq!(read(CONNECT_V5, five(&v5::Packet::PingReq(v5::PingReq))), ClientPacket::PingReq);
    assert!(matches!(read(CONNECT_V311, v311(&v4::Packet::Disconnect)), ClientPacket::Disconnect(_)));
    // Without properties rumqttc 0.25.1 announces a byte less than it writes.
    let disconnect = v5::Disconnect {
        reason_code: v5::DisconnectReasonCode::DisconnectWithWillMessage,
        properties: Some(v5::DisconnectProperties {
            session_expiry_interval: Some(0),
            reason_string: None,
            user_properties: vec![],
            server_reference: None,
        }),
    };
    let ClientPacket::Disconnect(disconnect) = read(CONNECT_V5, five(&v5::Packet::Disconnect(disconnect)))
    else {
        panic!()
    };
    assert_eq!(disconnect.reason.byte(), 0x04);
}
