//! What is refused because the server announced that it does not do it.

use std::num::NonZeroU32;

use kaa_kpc::mqtt::packet::Qos;
use kaa_kpc::mqtt::{Capabilities, Property};

use crate::{CONNECT_V5, CONNECT_V311, answer, decoder, notation::bytes, refusal};

/// A server that does as little as it may.
fn least() -> Capabilities {
    Capabilities {
        maximum_packet_size: NonZeroU32::new(64).unwrap(),
        maximum_qos: Qos::AtLeastOnce,
        retain: false,
        topic_alias_maximum: 2,
        wildcard_subscriptions: false,
        subscription_identifiers: false,
        shared_subscriptions: false,
    }
}

#[test]
fn mqtt_5_is_held_to_what_was_announced() {
    for (connect, packet, text, expected) in [
        (
            CONNECT_V5,
            "34 06 0001 't' 0001 00",
            "MQTT 5 PUBLISH, QoS: QoS 2 is above the maximum that the server announced [MQTT-3.2.2-11]",
            "DISCONNECT 0x9b",
        ),
        (
            CONNECT_V5,
            "31 04 0001 't' 00",
            "MQTT 5 PUBLISH, retain: retain is set; this server announced that it keeps no messages [MQTT-3.2.2-14]",
            "DISCONNECT 0x9a",
        ),
        (
            "",
            "10 15 0004 'MQTT' 05 16 003c 00 0001 'a' 00 0001 't' 0001 'm'",
            "MQTT 5 CONNECT, QoS: QoS 2 is above the maximum that the server announced [MQTT-3.2.2-11]",
            "CONNACK 0x9b",
        ),
        (
            "",
            "10 15 0004 'MQTT' 05 26 003c 00 0001 'a' 00 0001 't' 0001 'm'",
            "MQTT 5 CONNECT, retain: retain is set; this server announced that it keeps no messages [MQTT-3.2.2-14]",
            "CONNACK 0x9a",
        ),
        (
            CONNECT_V5,
            "30 07 0001 't' 03 23 0003",
            "MQTT 5 PUBLISH, topic alias: topic alias 3; expected at most 2 [MQTT-3.3.2-9]",
            "DISCONNECT 0x94",
        ),
        (
            CONNECT_V5,
            "30 06 0000 03 23 0001",
            "MQTT 5 PUBLISH, topic alias: topic alias 1 was not given a topic on this connection [section 3.3.2.3.4]",
            "DISCONNECT 0x82",
        ),
        (
            CONNECT_V5,
            "82 08 0001 00 0002 't+' 00",
            "MQTT 5 SUBSCRIBE, topic filter: + is not alone in its level [MQTT-4.7.1-2]",
            "DISCONNECT 0x81",
        ),
        (
            CONNECT_V5,
            "82 07 0001 00 0001 '+' 00",
            "MQTT 5 SUBSCRIBE, topic filter: a wildcard; this server announced that it has no wildcard subscriptions [section 3.2.2.3.11]",
            "DISCONNECT 0xa2",
        ),
        (
            CONNECT_V5,
            "82 10 0001 00 000a '$share/g/t' 00",
            "MQTT 5 SUBSCRIBE, topic filter: a shared subscription; this server announced that it has none [section 3.2.2.3.13]",
            "DISCONNECT 0x9e",
        ),
        (
            CONNECT_V5,
            "82 09 0001 02 0b 01 0001 't' 00",
            "MQTT 5 SUBSCRIBE, subscription identifier: a subscription identifier; this server announced that it has none [section 3.2.2.3.12]",
            "DISCONNECT 0xa1",
        ),
    ] {
        let error = refusal(least(), connect, packet);
        assert_eq!(error.to_string(), text);
        assert_eq!(answer(&error), expected, "{text}");
    }
}

#[test]
fn mqtt_3_1_1_was_not_told_and_is_held_to_the_size_only() {
    for packet in ["34 05 0001 't' 0001", "31 03 0001 't'", "82 06 0001 0001 '+' 02"] {
        let mut buffer = bytes::BytesMut::from(&bytes(packet)[..]);
        assert!(decoder(least(), CONNECT_V311).decode(&mut buffer).unwrap().is_some());
    }
    assert_eq!(answer(&refusal(least(), CONNECT_V311, "30 3f")), "closes");
}

#[test]
fn a_packet_may_have_the_maximum_size_and_no_more() {
    let mut decoder = decoder(least(), CONNECT_V311);
    let mut longest = bytes("30 3e 0001 't'");
    longest.resize(64, b'x');
    let mut buffer = bytes::BytesMut::from(&longest[..]);
    assert!(decoder.decode(&mut buffer).unwrap().is_some());
    assert!(decoder.decode(&mut bytes::BytesMut::from(&b"\x30\x3f"[..])).is_err());
}

#[test]
fn capabilities_may_grow_once_the_client_is_known() {
    let mut decoder = decoder(least(), CONNECT_V5);
    let mut buffer = bytes::BytesMut::from(&b"\x30\x7f"[..]);
    decoder.set_capabilities(Capabilities::default());
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
}

#[test]
fn what_is_refused_is_announced() {
    let announced: Vec<_> = least().announced().collect();
    assert_eq!(
        announced,
        [
            Property::MaximumPacketSize(NonZeroU32::new(64).unwrap()),
            Property::MaximumQos(Qos::AtLeastOnce),
            Property::RetainAvailable(false),
            Property::TopicAliasMaximum(2),
            Property::WildcardSubscriptionAvailable(false),
            Property::SubscriptionIdentifierAvailable(false),
            Property::SharedSubscriptionAvailable(false),
        ]
    );
    assert_eq!(Capabilities::default().announced().count(), 1, "the packet size");
}
