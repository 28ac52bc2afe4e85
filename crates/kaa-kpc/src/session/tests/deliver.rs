use super::*;
use crate::limits::Limits;
use crate::mqtt::packet::{Delivery as Received, PacketId, ProtocolVersion};
use crate::mqtt::{Capabilities, Decoder, Encoder};

fn protocol(window: u16) -> Protocol {
    Protocol::new(ProtocolVersion::V311, Encoder::new(ProtocolVersion::V311), window, &Limits::default())
}

fn answer(status_code: i32) -> Answer {
    Answer { status_code, reason_phrase: "why".into(), payload: "payload".into() }
}

fn asked(mark: u64) -> Asked {
    Asked { topic: "kp1/a/b/c/1".into(), mark }
}

/// What was written: the first byte of each packet.
fn written(protocol: &mut Protocol) -> Vec<u8> {
    let mut bytes = protocol.output.bytes();
    let mut firsts = Vec::new();
    while let [first, len, rest @ ..] = bytes {
        assert!(*len < 0x80);
        firsts.push(*first);
        bytes = &rest[usize::from(*len)..];
    }
    protocol.output.clear();
    firsts
}

#[test]
fn an_answer_has_the_qos_of_its_request_while_there_is_room() {
    let (mut protocol, tally) = (protocol(2), Tally::default());
    for mark in [0, 1, 2, 3, 0] {
        protocol.deliver(&Delivery::Answer { asked: asked(mark), answer: answer(200) }, &tally);
    }
    assert_eq!(written(&mut protocol), [0x30, 0x32, 0x32, 0x30, 0x30]);
    assert_eq!(tally.snapshot().delivered, 5);
}

#[test]
fn a_refusal_is_told_and_then_acknowledged() {
    let (mut protocol, tally) = (protocol(10), Tally::default());
    protocol.receipts.receive(Received::AtLeastOnce { packet_id: PacketId::MIN, duplicate: false }).unwrap();
    protocol.refuse(asked(1), answer(503), ReasonCode::UnspecifiedError, &tally);
    assert_eq!(protocol.acknowledge(), Ok(true));
    assert_eq!(written(&mut protocol), [0x32, 0x40]);
    assert_eq!(tally.snapshot().refused, 1);
}

#[test]
fn an_early_answer_acknowledges_its_request() {
    for (code, reason) in [
        (200, ReasonCode::Success),
        (404, ReasonCode::Success),
        (500, ReasonCode::Success),
        (413, ReasonCode::QuotaExceeded),
        (429, ReasonCode::QuotaExceeded),
        (503, ReasonCode::ImplementationSpecificError),
    ] {
        assert_eq!(Verdict::of_answer(&answer(code)).reason, reason, "{code}");
    }
}

#[test]
fn what_is_no_topic_is_not_written_and_costs_no_identifier() {
    let (mut protocol, tally) = (protocol(1), Tally::default());
    let asked = Asked { topic: "kp1/\0".into(), mark: 1 };
    protocol.deliver(&Delivery::Answer { asked, answer: answer(200) }, &tally);
    assert!(protocol.output.is_empty() && protocol.window.has_room());
    assert_eq!(tally.snapshot().undeliverable, 1);
}

#[test]
fn an_error_that_is_too_large_is_not_replaced_by_another() {
    let mut decoder = Decoder::new(Capabilities::default());
    let mut connect =
        bytes::BytesMut::from(&b"\x10\x13\0\x04MQTT\x05\x02\0\x3c\x05\x27\0\0\0\x08\0\x01a"[..]);
    let Ok(Some(crate::mqtt::packet::ClientPacket::Connect(connect))) = decoder.decode(&mut connect) else {
        panic!("a CONNECT that takes 8 bytes")
    };
    let encoder = Encoder::for_client(&connect);
    let mut protocol = Protocol::new(ProtocolVersion::V5, encoder, 1, &Limits::default());
    let tally = Tally::default();
    for code in [200, 404] {
        protocol.deliver(&Delivery::Answer { asked: asked(1), answer: answer(code) }, &tally);
    }
    assert!(protocol.output.is_empty() && protocol.window.has_room());
    assert_eq!((tally.snapshot().too_large, tally.snapshot().delivered), (2, 0));
}
