//! Where the bytes are cut on their way makes no difference.

use bytes::BytesMut;
use kaa_kpc::mqtt::packet::ClientPacket;
use kaa_kpc::mqtt::{Capabilities, DecodeError, Decoder};
use proptest::prelude::*;

use crate::{CONNECT_V5, CONNECT_V311, decoder, notation::bytes};

/// Whole conversations; some end with something that is refused.
fn conversations() -> Vec<Vec<u8>> {
    let v311 = [
        CONNECT_V311,
        "82 0b 1234 0001 'a' 01 0002 '/#' 02",
        "3b 08 0002 'a/' 1234 'hi'",
        "c0 00",
        "a2 05 0001 0001 '+'",
        "40 02 1234",
        "34 05 0001 't' 0002",
        "62 02 0002",
        "e0 00",
    ];
    let v5 = [
        CONNECT_V5,
        "82 0c 1234 05 0b ffffff7f 0001 'a' 2d",
        "32 1a 0002 'a/' 1234 0e 26 0001 'a' 0001 'b' 02 0000003c 01 01 'hello'",
        "40 10 1234 00 0c 1f 0002 'no' 26 0001 'a' 0001 'b'",
        "c0 00",
        "a2 09 1234 00 0001 '+' 0001 '/'",
        "e0 02 04 00",
    ];
    let refused = [CONNECT_V5, "c0 00", "30 05 0002 'a+' 00", "c0 00"];
    let too_long = [CONNECT_V311, "c0 00", "30 80 80 80 80 01"];
    let large = [CONNECT_V311, "30 84 01 0001 't'"];
    let mut conversations = vec![v311.concat(), v5.concat(), refused.concat(), too_long.concat()];
    conversations.push(large.concat() + &"00".repeat(129));
    conversations.iter().map(|text| bytes(text)).collect()
}

/// What comes out when `input` arrives in pieces that end at `ends`.
fn decode_in_pieces(
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> (Vec<ClientPacket>, Option<DecodeError>) {
    let mut decoder = Decoder::new(Capabilities::default());
    let (mut buffer, mut packets, mut begin) = (BytesMut::new(), Vec::new(), 0);
    for end in ends.into_iter().chain([input.len()]) {
        buffer.extend_from_slice(&input[begin..end.max(begin)]);
        begin = begin.max(end);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(packet)) => packets.push(packet),
                Ok(None) => break,
                Err(error) => return (packets, Some(error)),
            }
        }
    }
    assert!(buffer.is_empty());
    (packets, None)
}

#[test]
fn one_byte_at_a_time_is_like_all_at_once() {
    for (conversation, expected) in conversations().iter().zip([9, 7, 2, 2, 2]) {
        let whole = decode_in_pieces(conversation, []);
        assert_eq!(whole.0.len(), expected);
        assert_eq!(decode_in_pieces(conversation, 1..conversation.len()), whole);
    }
}

#[test]
fn a_part_of_a_packet_is_no_packet_and_stays_where_it_is() {
    for conversation in &conversations()[..2] {
        let mut decoder = Decoder::new(Capabilities::default());
        let mut rest = &conversation[..];
        while !rest.is_empty() {
            let mut whole = BytesMut::from(rest);
            let before = rest.len();
            // A decoder of its own finds the end of the next packet.
            let mut probe = BytesMut::new();
            for (index, byte) in rest.iter().enumerate() {
                probe.extend_from_slice(&[*byte]);
                let seen = probe.clone();
                match decoder.decode(&mut probe).unwrap() {
                    None => assert_eq!(probe, seen),
                    Some(_) => {
                        assert!(probe.is_empty());
                        drop(whole.split_to(index + 1));
                        break;
                    }
                }
            }
            assert!(whole.len() < before, "a packet was found");
            rest = &rest[before - whole.len()..];
        }
    }
}

#[test]
fn packets_in_one_segment_with_connect_are_not_lost() {
    let mut decoder = decoder(Capabilities::default(), "");
    let mut buffer = BytesMut::from(&[bytes(CONNECT_V311), bytes("30 03 0001 't'")].concat()[..]);
    assert!(matches!(decoder.decode(&mut buffer), Ok(Some(ClientPacket::Connect(_)))));
    assert!(matches!(decoder.decode(&mut buffer), Ok(Some(ClientPacket::Publish(_)))));
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
}

proptest! {
    #[test]
    fn any_cut_makes_no_difference(which in 0..5_usize, mut ends in prop::collection::vec(0..200_usize, 0..12)) {
        let conversation = &conversations()[which];
        ends.iter_mut().for_each(|end| *end = (*end).min(conversation.len()));
        ends.sort_unstable();
        prop_assert_eq!(decode_in_pieces(conversation, ends), decode_in_pieces(conversation, []));
    }
}
