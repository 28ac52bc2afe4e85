use super::*;
use crate::mqtt::TopicName;
use crate::mqtt::packet::Delivery;
use crate::mqtt::packet::{Disconnect, PacketId};

fn protocol(version: ProtocolVersion) -> Protocol {
    Protocol::new(version, Encoder::new(version), 10, &Limits::default())
}

fn take(protocol: &mut Protocol, packet: ClientPacket) -> Result<(Step, Vec<u8>), Ending> {
    let step = protocol.take(packet, &Limits::default())?;
    let bytes = protocol.output.bytes().to_vec();
    protocol.output.sent(bytes.len());
    assert!(protocol.output.is_empty());
    Ok((step, bytes))
}

fn acknowledgement(number: u16) -> Acknowledgement {
    Acknowledgement::new(PacketId::new(number).unwrap())
}

#[test]
fn a_message_is_handed_on_with_its_mark() {
    let mut protocol = protocol(ProtocolVersion::V311);
    let publish = |delivery| Publish::new(TopicName::new("a").unwrap(), delivery, "x");
    let packet_id = PacketId::new(3).unwrap();
    let qos_1 = publish(Delivery::AtLeastOnce { packet_id, duplicate: false });
    let step = take(&mut protocol, ClientPacket::Publish(qos_1.clone())).unwrap();
    assert_eq!(step, (Step::Forward(qos_1, 1), vec![]));
    assert!(protocol.wants_acknowledged);
    let qos_0 = publish(Delivery::AtMostOnce);
    let step = take(&mut protocol, ClientPacket::Publish(qos_0.clone())).unwrap();
    assert_eq!(step, (Step::Forward(qos_0, 0), vec![]));
    assert!(!protocol.wants_acknowledged);
}

#[test]
fn an_acknowledgement_waits_for_room_in_the_output() {
    let mut protocol = protocol(ProtocolVersion::V311);
    while protocol.output.has_room() {
        protocol.output.write(&ServerPacket::PingResp).unwrap();
    }
    protocol.receipts.receive(Delivery::AtLeastOnce { packet_id: PacketId::MIN, duplicate: false }).unwrap();
    protocol.receipts.settle(1, super::super::receipts::Verdict::success());
    assert_eq!(protocol.acknowledge(), Ok(false));
    protocol.output.clear();
    assert_eq!(protocol.acknowledge(), Ok(true));
    assert_eq!(protocol.output.bytes(), b"\x40\x02\0\x01");
}

#[test]
fn an_acknowledgement_of_nothing_changes_nothing() {
    for version in [ProtocolVersion::V311, ProtocolVersion::V5] {
        for packet in [ClientPacket::PubAck(acknowledgement(9)), ClientPacket::PubComp(acknowledgement(9))] {
            assert_eq!(take(&mut protocol(version), packet), Ok((Step::Done, vec![])));
        }
    }
}

#[test]
fn a_pubrec_is_answered_so_that_its_sender_can_forget_it() {
    let pubrec = || ClientPacket::PubRec(acknowledgement(9));
    let answer = take(&mut protocol(ProtocolVersion::V311), pubrec()).unwrap().1;
    assert_eq!(answer, b"\x62\x02\0\x09");
    let answer = take(&mut protocol(ProtocolVersion::V5), pubrec()).unwrap().1;
    assert_eq!(answer, b"\x62\x03\0\x09\x92");
    let given_up = Acknowledgement { reason: ReasonCode::UnspecifiedError, ..acknowledgement(9) };
    let answer = take(&mut protocol(ProtocolVersion::V5), ClientPacket::PubRec(given_up)).unwrap().1;
    assert_eq!(answer, b"");
}

#[test]
fn a_pubrec_for_a_qos_1_message_is_a_violation() {
    for version in [ProtocolVersion::V311, ProtocolVersion::V5] {
        let mut protocol = protocol(version);
        let packet_id = protocol.window.take().unwrap();
        let pubrec = ClientPacket::PubRec(acknowledgement(packet_id.get()));
        assert!(matches!(take(&mut protocol, pubrec), Err(Ending::Violation(_))));
    }
}

#[test]
fn a_client_that_leaves_ends_its_session() {
    for reason in [ReasonCode::Success, ReasonCode::DisconnectWithWill] {
        let disconnect = ClientPacket::Disconnect(Disconnect::new(reason));
        assert_eq!(take(&mut protocol(ProtocolVersion::V5), disconnect), Err(Ending::Left));
    }
}

#[test]
fn only_mqtt_5_is_told_why_its_session_ends() {
    for (ending, reason) in [
        (Ending::Violation("x"), 0x82),
        (Ending::ReceiveMaximumExceeded, 0x93),
        (Ending::Silent, 0x8d),
        (Ending::SlowPacket, 0x83),
        (Ending::Lagged, 0x97),
        (Ending::TakenOver, 0x8e),
        (Ending::Revoked, 0x87),
        (Ending::ShuttingDown, 0x8b),
    ] {
        assert_eq!(ending.farewell(ProtocolVersion::V311), None);
        let farewell = ending.farewell(ProtocolVersion::V5).unwrap();
        let ServerPacket::Disconnect(disconnect) = &farewell.packet else { panic!("{farewell:?}") };
        assert_eq!(disconnect.reason.byte(), reason, "{ending}");
        let mut output = Output::new(Encoder::new(ProtocolVersion::V5));
        output.write(&farewell.packet).unwrap();
    }
    for ending in [Ending::Left, Ending::Gone, Ending::SlowReader] {
        assert_eq!(ending.farewell(ProtocolVersion::V5), None);
        assert!(!ending.is_seen());
    }
}
