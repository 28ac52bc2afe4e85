use super::*;

fn id(number: u16) -> PacketId {
    PacketId::new(number).unwrap()
}

fn qos_1(number: u16) -> Delivery {
    Delivery::AtLeastOnce { packet_id: id(number), duplicate: false }
}

fn qos_2(number: u16) -> Delivery {
    Delivery::ExactlyOnce { packet_id: id(number), duplicate: false }
}

/// A message came and went out.
fn forward(receipts: &mut Receipts, delivery: Delivery) -> u64 {
    let Ok(Received::Message { mark }) = receipts.receive(delivery) else { panic!("a new message") };
    receipts.sent(mark);
    mark
}

/// The acknowledgements that are ready: first letters, packet identifier, reason code.
fn ready(receipts: &mut Receipts) -> Vec<(String, u16, u8)> {
    std::iter::from_fn(|| receipts.next().unwrap())
        .map(|packet| {
            let name = packet.packet_type().to_string();
            match packet {
                ServerPacket::PubAck(a) | ServerPacket::PubRec(a) | ServerPacket::PubComp(a) => {
                    (name, a.packet_id.get(), a.reason.byte())
                }
                other => panic!("{other:?}"),
            }
        })
        .collect()
}

fn row(name: &str, id: u16, reason: u8) -> (String, u16, u8) {
    (name.to_owned(), id, reason)
}

const BOTH: [ProtocolVersion; 2] = [ProtocolVersion::V311, ProtocolVersion::V5];

#[test]
fn nothing_is_acknowledged_before_it_is_confirmed() {
    for version in BOTH {
        let mut receipts = Receipts::new(version, 10);
        assert_eq!(receipts.receive(Delivery::AtMostOnce), Ok(Received::Message { mark: 0 }));
        assert!(!receipts.cover());
        forward(&mut receipts, qos_1(7));
        forward(&mut receipts, qos_2(8));
        assert!(receipts.cover() && !receipts.cover());
        // This one came after the question.
        forward(&mut receipts, qos_1(9));
        assert_eq!(ready(&mut receipts), []);
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts), [row("PUBACK", 7, 0), row("PUBREC", 8, 0)]);
        assert!(receipts.cover());
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts), [row("PUBACK", 9, 0)]);
        assert!(!receipts.cover());
    }
}

#[test]
fn a_message_that_has_not_gone_out_is_not_covered_and_neither_is_what_came_after_it() {
    for version in BOTH {
        let mut receipts = Receipts::new(version, 10);
        forward(&mut receipts, qos_2(1));
        let Ok(Received::Message { mark }) = receipts.receive(qos_1(2)) else { panic!() };
        assert_eq!(receipts.release(id(1)), None);
        assert!(receipts.cover());
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts), [row("PUBREC", 1, 0)]);
        // Nothing to ask for, and no reason to ask again and again.
        assert!(!receipts.cover());
        receipts.sent(mark);
        assert!(receipts.cover());
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts), [row("PUBACK", 2, 0), row("PUBCOMP", 1, 0)]);
    }
}

#[test]
fn what_is_settled_earlier_waits_for_its_turn() {
    let mut receipts = Receipts::new(ProtocolVersion::V5, 10);
    forward(&mut receipts, qos_1(1));
    let mark = forward(&mut receipts, qos_1(2));
    receipts.settle(mark, Verdict { reason: ReasonCode::QuotaExceeded, text: None });
    assert_eq!(ready(&mut receipts), []);
    assert!(receipts.cover());
    receipts.confirm(true);
    assert_eq!(ready(&mut receipts), [row("PUBACK", 1, 0), row("PUBACK", 2, 0x97)]);
    // Too late, and of another one.
    receipts.settle(mark, Verdict::success());
    receipts.settle(99, Verdict::success());
    receipts.settle(0, Verdict::success());
    assert_eq!(ready(&mut receipts), []);
}

#[test]
fn what_is_answered_needs_no_confirmation() {
    for version in BOTH {
        let mut receipts = Receipts::new(version, 10);
        let mark = forward(&mut receipts, qos_1(1));
        assert!(receipts.cover());
        receipts.settle(mark, Verdict::success());
        receipts.confirm(false);
        assert_eq!(ready(&mut receipts), [row("PUBACK", 1, 0)]);
    }
}

#[test]
fn what_is_not_confirmed_is_never_acknowledged_as_a_success() {
    let mut receipts = Receipts::new(ProtocolVersion::V311, 10);
    forward(&mut receipts, qos_1(1));
    receipts.cover();
    receipts.confirm(false);
    assert_eq!(receipts.next(), Err(Ending::Unconfirmed));

    let mut receipts = Receipts::new(ProtocolVersion::V5, 10);
    forward(&mut receipts, qos_1(1));
    forward(&mut receipts, qos_2(2));
    assert_eq!(receipts.receive(qos_2(2)), Ok(Received::Duplicate));
    receipts.cover();
    receipts.confirm(false);
    let failed = [row("PUBACK", 1, 0x80), row("PUBREC", 2, 0x80), row("PUBREC", 2, 0x80)];
    assert_eq!(ready(&mut receipts), failed);
    // The exchange is over.
    assert_eq!(receipts.release(id(2)).unwrap().reason, ReasonCode::PacketIdentifierNotFound);
}

#[test]
fn a_qos_2_message_is_one_message_until_it_is_released() {
    for version in BOTH {
        let mut receipts = Receipts::new(version, 10);
        forward(&mut receipts, qos_2(5));
        assert_eq!(receipts.receive(qos_2(5)), Ok(Received::Duplicate));
        let again = Delivery::ExactlyOnce { packet_id: id(5), duplicate: true };
        assert_eq!(receipts.receive(again), Ok(Received::Duplicate));
        assert_eq!(ready(&mut receipts), []);
        receipts.cover();
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts), vec![row("PUBREC", 5, 0); 3]);
        assert_eq!(receipts.release(id(5)).map(|a| a.reason), Some(ReasonCode::Success));
        assert!(matches!(receipts.receive(qos_2(5)), Ok(Received::Message { .. })));
    }
}

#[test]
fn a_qos_1_message_is_a_message_each_time() {
    for version in BOTH {
        let mut receipts = Receipts::new(version, 10);
        forward(&mut receipts, qos_1(5));
        forward(&mut receipts, qos_1(5));
        // The same number for QoS 2 is another exchange.
        forward(&mut receipts, qos_2(5));
        receipts.cover();
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts), [row("PUBACK", 5, 0), row("PUBACK", 5, 0), row("PUBREC", 5, 0)]);
    }
}

#[test]
fn a_release_that_comes_too_early_is_not_answered_before_its_message() {
    for version in BOTH {
        let mut receipts = Receipts::new(version, 10);
        forward(&mut receipts, qos_2(5));
        assert_eq!(receipts.release(id(5)), None);
        receipts.cover();
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts), [row("PUBREC", 5, 0), row("PUBCOMP", 5, 0)]);
    }
}

#[test]
fn mqtt_5_may_have_as_many_in_flight_as_it_was_told() {
    for (first, limit) in [(0, 1), (1, 2), (2, 3)] {
        let mut receipts = Receipts::new(ProtocolVersion::V5, limit);
        for number in 0..first {
            forward(&mut receipts, qos_1(number + 1));
        }
        forward(&mut receipts, qos_2(100));
        assert_eq!(receipts.receive(qos_1(101)), Err(Ending::ReceiveMaximumExceeded));
        assert_eq!(receipts.receive(qos_2(100)), Err(Ending::ReceiveMaximumExceeded));
        assert_eq!(receipts.receive(Delivery::AtMostOnce), Ok(Received::Message { mark: 0 }));
        receipts.cover();
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts).len(), limit);
        // PUBREC does not make room, PUBCOMP does.
        for number in 1..=first {
            forward(&mut receipts, qos_1(number));
        }
        assert_eq!(receipts.receive(qos_1(101)), Err(Ending::ReceiveMaximumExceeded));
        receipts.release(id(100)).unwrap();
        forward(&mut receipts, qos_1(101));
    }
}

#[test]
fn releases_without_end_do_not_make_receipts_without_end() {
    for (version, limit) in [(ProtocolVersion::V311, 3), (ProtocolVersion::V5, 6)] {
        let mut receipts = Receipts::new(version, 3);
        forward(&mut receipts, qos_2(1));
        for _ in 1..limit {
            assert!(!receipts.is_full());
            assert_eq!(receipts.release(id(1)), None);
        }
        assert!(receipts.is_full());
    }
}

#[test]
fn mqtt_311_may_leave_4096_messages_unreleased() {
    let mut receipts = Receipts::new(ProtocolVersion::V311, 100);
    for number in 1..=4096 {
        forward(&mut receipts, qos_2(number));
        receipts.cover();
        receipts.confirm(true);
        assert_eq!(ready(&mut receipts).len(), 1);
    }
    assert_eq!(receipts.receive(qos_2(4097)), Err(Ending::TooManyUnreleased));
    assert_eq!(receipts.receive(qos_2(4096)), Ok(Received::Duplicate));
    assert_eq!(receipts.release(id(1)).map(|a| a.reason), Some(ReasonCode::Success));
    forward(&mut receipts, qos_2(4097));
}

#[test]
fn mqtt_5_is_told_the_reason_in_words() {
    let mut receipts = Receipts::new(ProtocolVersion::V5, 1);
    let mark = forward(&mut receipts, qos_1(1));
    receipts.settle(mark, Verdict { reason: ReasonCode::NotAuthorized, text: Some("no".into()) });
    let Ok(Some(ServerPacket::PubAck(puback))) = receipts.next() else { panic!() };
    let text = puback.properties.find(|property| match property {
        Property::ReasonString(text) => Some(text),
        _ => None,
    });
    assert_eq!((puback.reason, text), (ReasonCode::NotAuthorized, Some("no")));
}

#[test]
fn the_room_of_a_burst_is_given_back() {
    let mut receipts = Receipts::new(ProtocolVersion::V311, 100);
    for number in 1..=100 {
        forward(&mut receipts, qos_2(number));
    }
    receipts.cover();
    receipts.confirm(true);
    assert_eq!(ready(&mut receipts).len(), 100);
    for number in 1..=100 {
        assert!(receipts.release(id(number)).is_some());
    }
    assert!(receipts.queue.capacity() <= 2 * FEW, "{}", receipts.queue.capacity());
    assert!(receipts.unreleased.capacity() <= 2 * FEW, "{}", receipts.unreleased.capacity());
}
