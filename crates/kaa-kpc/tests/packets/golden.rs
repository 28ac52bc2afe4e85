//! Packets made by hand.

use std::num::NonZeroU16;

use bytes::BytesMut;
use kaa_kpc::mqtt::packet::{
    Acknowledgement, ClientPacket, ConnAck, Connect, Delivery, Disconnect, PacketId, ProtocolVersion,
    Publish, Qos, RetainHandling, ServerPacket, SubAck, UnsubAck,
};
use kaa_kpc::mqtt::{Capabilities, Encoder, Properties, Property, ReasonCode, TopicName};

use crate::{CONNECT_V5, CONNECT_V311, decoder, notation::bytes};

const ID: PacketId = NonZeroU16::new(0x1234).unwrap();

fn decoded(connect: &str, packet: &str) -> ClientPacket {
    let mut buffer = BytesMut::from(&bytes(packet)[..]);
    let capabilities = Capabilities { topic_alias_maximum: 2, ..Capabilities::default() };
    let packet = decoder(capabilities, connect).decode(&mut buffer).unwrap().expect("a whole packet");
    assert!(buffer.is_empty());
    packet
}

fn connect(packet: &str) -> Connect {
    match decoded("", packet) {
        ClientPacket::Connect(connect) => connect,
        packet => panic!("{packet:?}"),
    }
}

#[test]
fn a_connect_of_mqtt_3_1_1() {
    // Name, level 4; user name, password, will retain, will QoS 1, will, clean session; keep alive 10.
    let packet = connect(
        "10 29 0004 'MQTT' 04 ee 000a 0006 'sensor' 0004 'will' 0004 'gone' 0003 'dev' 0004 00ff 'pw'",
    );
    assert_eq!((packet.version, &*packet.client_id, packet.clean), (ProtocolVersion::V311, "sensor", true));
    assert_eq!(packet.keep_alive, 10);
    let will = packet.will.as_ref().unwrap();
    assert_eq!((will.topic.as_str(), &will.payload[..]), ("will", &b"gone"[..]));
    assert_eq!((will.qos, will.retain), (Qos::AtLeastOnce, true));
    assert_eq!(packet.credentials.user_name.as_deref(), Some("dev"));
    assert_eq!(packet.credentials.password.as_deref(), Some(&b"\x00\xffpw"[..]));
    assert!(!format!("{packet:?}").contains("pw"), "a password is not for logs");
    assert_eq!((packet.session_expiry_interval(), packet.receive_maximum()), (0, 65_535));
    assert_eq!((packet.maximum_packet_size(), packet.request_problem_information()), (u32::MAX, true));
}

#[test]
fn a_connect_of_mqtt_5() {
    // Level 5; password alone, will QoS 2, will, no clean start; then 27 bytes of properties: session expiry
    // forever, receive maximum 20, packets of at most 1 KiB, no problem information, method SCRAM and data.
    let packet = connect(
        "10 4d 0004 'MQTT' 05 54 0000 \
         1b 11 ffffffff 21 0014 27 00000400 17 00 15 0005 'SCRAM' 16 0001 ff \
         0000 \
         18 18 0000003c 01 01 03 000a 'text/plain' 09 0001 00 \
         0004 'will' 0000 0002 'pw'",
    );
    assert_eq!((packet.version, &*packet.client_id, packet.clean), (ProtocolVersion::V5, "", false));
    assert_eq!(packet.session_expiry_interval(), u32::MAX);
    assert_eq!((packet.receive_maximum(), packet.maximum_packet_size()), (20, 1_024));
    assert!(!packet.request_problem_information());
    assert_eq!(packet.authentication_method(), Some("SCRAM"));
    let will = packet.will.as_ref().unwrap();
    assert_eq!((will.topic.as_str(), will.payload.len(), will.qos), ("will", 0, Qos::ExactlyOnce));
    let properties: Vec<_> = will.properties.iter().collect();
    assert_eq!(
        properties,
        [
            Property::WillDelayInterval(60),
            Property::PayloadFormatIndicator(true),
            Property::ContentType("text/plain"),
            Property::CorrelationData(&[0]),
        ]
    );
    assert_eq!((packet.credentials.user_name, packet.credentials.password), (None, Some("pw".into())));
}

#[test]
fn an_empty_client_identifier_is_fine_where_the_session_is_clean_or_mqtt_5() {
    assert_eq!(connect("10 0c 0004 'MQTT' 04 02 003c 0000").client_id, "");
    assert_eq!(connect("10 0d 0004 'MQTT' 05 00 003c 00 0000").client_id, "");
}

#[test]
fn a_length_of_mqtt_3_1_1_may_have_leading_zeros() {
    assert!(connect("10 8d 80 00 0004 'MQTT' 04 02 003c 0001 'a'").clean);
    assert_eq!(decoded(CONNECT_V311, "c0 80 80 00"), ClientPacket::PingReq);
}

#[test]
fn a_byte_order_mark_is_a_character() {
    assert_eq!(connect("10 0f 0004 'MQTT' 04 02 003c 0003 efbbbf").client_id, "\u{feff}");
}

#[test]
fn publishes_of_both_versions() {
    let delivery = Delivery::AtLeastOnce { packet_id: ID, duplicate: true };
    for (connect, packet) in
        [(CONNECT_V311, "3b 08 0002 'a/' 1234 'hi'"), (CONNECT_V5, "3b 09 0002 'a/' 1234 00 'hi'")]
    {
        let ClientPacket::Publish(publish) = decoded(connect, packet) else { panic!() };
        assert_eq!((publish.delivery, publish.retain), (delivery, true));
        assert_eq!((publish.topic.as_str(), &publish.payload[..]), ("a/", &b"hi"[..]));
        assert!(publish.properties.is_empty());
    }
    let ClientPacket::Publish(publish) = decoded(CONNECT_V311, "30 03 0001 '/'") else { panic!() };
    assert_eq!((publish.delivery, publish.payload.len()), (Delivery::AtMostOnce, 0));
    assert_eq!((publish.delivery.qos(), publish.delivery.packet_id()), (Qos::AtMostOnce, None));
}

#[test]
fn a_topic_alias_stands_for_the_last_topic_that_it_came_with() {
    let capabilities = Capabilities { topic_alias_maximum: 2, ..Capabilities::default() };
    let mut decoder = decoder(capabilities, CONNECT_V5);
    let mut buffer = BytesMut::new();
    for packet in [
        "30 07 0001 'a' 03 23 0002",
        "30 06 0000 03 23 0002",
        "30 07 0001 'b' 03 23 0001",
        "30 06 0000 03 23 0002",
        "30 07 0001 'c' 03 23 0002",
        "30 06 0000 03 23 0002",
        "30 06 0000 03 23 0001",
    ] {
        buffer.extend_from_slice(&bytes(packet));
    }
    let mut topics = String::new();
    while let Some(ClientPacket::Publish(publish)) = decoder.decode(&mut buffer).unwrap() {
        topics += publish.topic.as_str();
    }
    assert_eq!(topics, "aabaccb");
}

#[test]
fn acknowledgements_leave_out_what_need_not_be_said() {
    for (connect, packet, reason, properties) in [
        (CONNECT_V311, "40 02 1234", ReasonCode::Success, 0),
        (CONNECT_V5, "40 02 1234", ReasonCode::Success, 0),
        (CONNECT_V5, "40 03 1234 10", ReasonCode::NoMatchingSubscribers, 0),
        (CONNECT_V5, "40 04 1234 97 00", ReasonCode::QuotaExceeded, 0),
        (CONNECT_V5, "40 10 1234 00 0c 1f 0002 'no' 26 0001 'a' 0001 'b'", ReasonCode::Success, 2),
    ] {
        let ClientPacket::PubAck(puback) = decoded(connect, packet) else { panic!() };
        assert_eq!((puback.packet_id, puback.reason), (ID, reason), "{packet}");
        assert_eq!(puback.properties.iter().count(), properties);
    }
    let acknowledgement = Acknowledgement::new(ID);
    assert_eq!(decoded(CONNECT_V311, "50 02 1234"), ClientPacket::PubRec(acknowledgement.clone()));
    assert_eq!(decoded(CONNECT_V5, "62 02 1234"), ClientPacket::PubRel(acknowledgement));
    let not_found = Acknowledgement::with_reason(ID, ReasonCode::PacketIdentifierNotFound);
    assert_eq!(decoded(CONNECT_V5, "70 03 1234 92"), ClientPacket::PubComp(not_found));
}

#[test]
fn subscriptions_of_both_versions() {
    let ClientPacket::Subscribe(subscribe) = decoded(CONNECT_V311, "82 0b 1234 0001 'a' 01 0002 '/#' 02")
    else {
        panic!()
    };
    let filters: Vec<_> =
        subscribe.subscriptions.iter().map(|one| (one.filter.as_str(), one.maximum_qos)).collect();
    assert_eq!(filters, [("a", Qos::AtLeastOnce), ("/#", Qos::ExactlyOnce)]);
    assert_eq!((subscribe.packet_id, subscribe.subscriptions.len(), subscribe.identifier()), (ID, 2, None));

    // Subscription identifier 268,435,455; QoS 1, no local, retain as published, no retained messages.
    let ClientPacket::Subscribe(subscribe) = decoded(CONNECT_V5, "82 0c 1234 05 0b ffffff7f 0001 'a' 2d")
    else {
        panic!()
    };
    assert_eq!(subscribe.identifier().unwrap().get(), 268_435_455);
    let subscription = subscribe.subscriptions.iter().next().unwrap();
    assert!(subscription.no_local && subscription.retain_as_published);
    assert_eq!(subscription.retain_handling, RetainHandling::DoNotSend);
    assert_eq!(subscription.maximum_qos, Qos::AtLeastOnce);

    let ClientPacket::Unsubscribe(unsubscribe) = decoded(CONNECT_V5, "a2 09 1234 00 0001 '+' 0001 '/'")
    else {
        panic!()
    };
    let filters: Vec<_> = unsubscribe.filters.iter().map(|filter| filter.as_str()).collect();
    assert_eq!((filters, unsubscribe.filters.len()), (vec!["+", "/"], 2));
}

#[test]
fn a_client_goes_in_many_ways() {
    for (connect, packet, reason) in [
        (CONNECT_V311, "e0 00", ReasonCode::Success),
        (CONNECT_V5, "e0 00", ReasonCode::Success),
        (CONNECT_V5, "e0 01 04", ReasonCode::DisconnectWithWill),
        (CONNECT_V5, "e0 02 81 00", ReasonCode::MalformedPacket),
    ] {
        assert_eq!(decoded(connect, packet), ClientPacket::Disconnect(Disconnect::new(reason)));
    }
    let lasting = "10 13 0004 'MQTT' 05 02 003c 05 11 0000000a 0001 'a'";
    let ClientPacket::Disconnect(packet) = decoded(lasting, "e0 07 00 05 11 000000ff") else { panic!() };
    assert_eq!(packet.session_expiry_interval(), Some(255));
    assert!(matches!(decoded(CONNECT_V5, "e0 07 00 05 11 00000000"), ClientPacket::Disconnect(_)));
}

#[test]
fn auth_repeats_the_method() {
    let connect = "10 16 0004 'MQTT' 05 02 003c 08 15 0005 'SCRAM' 0001 'a'";
    let ClientPacket::Auth(auth) = decoded(connect, "f0 0a 19 08 15 0005 'SCRAM'") else { panic!() };
    assert_eq!(auth.reason, ReasonCode::ReAuthenticate);
}

/// `packet` is written as `v311` and `v5`.
fn written(packet: &ServerPacket, v311: &str, v5: &str) {
    for (version, expected) in [(ProtocolVersion::V311, v311), (ProtocolVersion::V5, v5)] {
        let mut output = BytesMut::from(&b"before"[..]);
        let result = Encoder::new(version).encode(packet, &mut output);
        assert_eq!(result.is_ok(), !expected.is_empty(), "{result:?}");
        assert_eq!(output, [&b"before"[..], &bytes(expected)].concat(), "{version}: {packet:?}");
    }
}

#[test]
fn every_packet_of_a_server_in_both_versions() {
    written(&ServerPacket::ConnAck(ConnAck::accepted(true)), "20 02 01 00", "20 03 01 00 00");
    let refused = |reason| ServerPacket::ConnAck(ConnAck::refused(reason));
    written(&refused(ReasonCode::UnsupportedProtocolVersion), "20 02 00 01", "20 03 00 84 00");
    written(&refused(ReasonCode::ClientIdentifierNotValid), "20 02 00 02", "20 03 00 85 00");
    written(&refused(ReasonCode::ServerUnavailable), "20 02 00 03", "20 03 00 88 00");
    written(&refused(ReasonCode::BadUserNameOrPassword), "20 02 00 04", "20 03 00 86 00");
    written(&refused(ReasonCode::NotAuthorized), "20 02 00 05", "20 03 00 87 00");
    written(&refused(ReasonCode::MalformedPacket), "", "20 03 00 81 00");

    let topic = TopicName::new("a/b").unwrap();
    let publish = |delivery| Publish::new(topic.clone(), delivery, "hi");
    written(
        &ServerPacket::Publish(publish(Delivery::AtMostOnce)),
        "30 07 0003 'a/b' 'hi'",
        "30 08 0003 'a/b' 00 'hi'",
    );
    let properties =
        Properties::new([Property::MessageExpiryInterval(60), Property::UserProperty(("a", "b"))]);
    let delivery = Delivery::AtLeastOnce { packet_id: ID, duplicate: true };
    let publish = Publish { retain: true, properties: properties.unwrap(), ..publish(delivery) };
    written(
        &ServerPacket::Publish(publish),
        "3b 09 0003 'a/b' 1234 'hi'",
        "3b 16 0003 'a/b' 1234 0c 02 0000003c 26 0001 'a' 0001 'b' 'hi'",
    );

    let acknowledgement = Acknowledgement::new(ID);
    written(&ServerPacket::PubAck(acknowledgement.clone()), "40 02 1234", "40 02 1234");
    written(&ServerPacket::PubRec(acknowledgement.clone()), "50 02 1234", "50 02 1234");
    written(&ServerPacket::PubRel(acknowledgement.clone()), "62 02 1234", "62 02 1234");
    written(&ServerPacket::PubComp(acknowledgement), "70 02 1234", "70 02 1234");
    let nobody = Acknowledgement::with_reason(ID, ReasonCode::NoMatchingSubscribers);
    written(&ServerPacket::PubAck(nobody), "40 02 1234", "40 03 1234 10");
    let explained = Acknowledgement {
        properties: Properties::new([Property::ReasonString("no")]).unwrap(),
        ..Acknowledgement::with_reason(ID, ReasonCode::NotAuthorized)
    };
    written(&ServerPacket::PubAck(explained), "", "40 09 1234 87 05 1f 0002 'no'");

    let reasons = vec![ReasonCode::GrantedQos1, ReasonCode::NotAuthorized];
    let properties = Properties::default();
    let suback = SubAck { packet_id: ID, reasons, properties: properties.clone() };
    written(&ServerPacket::SubAck(suback), "90 04 1234 01 80", "90 05 1234 00 01 87");
    let reasons = vec![ReasonCode::Success, ReasonCode::NoSubscriptionExisted];
    let unsuback = UnsubAck { packet_id: ID, reasons, properties };
    written(&ServerPacket::UnsubAck(unsuback), "b0 02 1234", "b0 05 1234 00 00 11");
    written(&ServerPacket::PingResp, "d0 00", "d0 00");

    written(&ServerPacket::Disconnect(Disconnect::new(ReasonCode::Success)), "", "e0 00");
    written(&ServerPacket::Disconnect(Disconnect::new(ReasonCode::SessionTakenOver)), "", "e0 01 8e");
}
