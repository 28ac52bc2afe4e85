//! What the codec takes from the heap.

use allocation_counter::{AllocationInfo, measure};
use bytes::{Bytes, BytesMut};
use kaa_kpc::mqtt::packet::{ClientPacket, ProtocolVersion, ServerPacket};
use kaa_kpc::mqtt::{Capabilities, Decoder, Encoder};

use crate::{CONNECT_V5, CONNECT_V311, decoder, notation::bytes};

/// What counts the holders of a buffer that is shared: once for each buffer, not for each packet.
const HOLDERS: u64 = 64;

/// What decoding all packets of `input` allocates, and their number.
fn decode(decoder: &mut Decoder, input: &[u8]) -> (AllocationInfo, usize) {
    let mut buffer = BytesMut::from(input);
    let mut packets = 0;
    let info = measure(|| {
        while let Ok(Some(packet)) = decoder.decode(&mut buffer) {
            packets += 1;
            drop(packet);
        }
    });
    (info, packets)
}

#[test]
fn packets_share_the_buffer_that_was_read_into() {
    let v311 = ["32 0a 0003 'a/b' 0001 'hey'", "82 06 0001 0001 'a' 00", "a2 05 0001 0001 'a'", "40 02 0001"];
    let v5 = [
        "32 12 0003 'a/b' 0001 07 26 0001 'k' 0001 'v' 'hey'",
        "82 07 0001 00 0001 'a' 00",
        "a2 06 0001 00 0001 'a'",
        "40 03 0001 10",
    ];
    for (connect, packets) in [(CONNECT_V311, v311), (CONNECT_V5, v5)] {
        let input = packets.map(bytes).concat().repeat(100);
        let (info, count) = decode(&mut decoder(Capabilities::default(), connect), &input);
        assert_eq!(count, 400);
        assert_eq!(info.count_total, 1, "what counts the holders of the buffer");
        assert!(info.bytes_total <= HOLDERS);
    }
}

#[test]
fn a_ping_leaves_the_buffer_alone() {
    let (info, count) = decode(&mut decoder(Capabilities::default(), CONNECT_V311), &b"\xc0\x00".repeat(9));
    assert_eq!((info.count_total, count), (0, 9));
}

#[test]
fn a_payload_is_a_part_of_the_buffer() {
    let mut buffer = BytesMut::from(&bytes("30 06 0001 't' 'hey'")[..]);
    let begin = buffer.as_ptr() as usize;
    let Ok(Some(ClientPacket::Publish(publish))) =
        decoder(Capabilities::default(), CONNECT_V311).decode(&mut buffer)
    else {
        panic!()
    };
    assert_eq!(publish.payload.as_ptr() as usize, begin + 5);
    assert_eq!(publish.topic.as_str().as_ptr() as usize, begin + 4);
}

#[test]
fn a_size_that_is_only_announced_reserves_nothing() {
    for packet in ["30 ff ff 0f", "82 ff ff 0f 0001", "30 fd ff 0f"] {
        let mut decoder = decoder(Capabilities::default(), CONNECT_V311);
        let (info, count) = decode(&mut decoder, &bytes(packet));
        assert_eq!((info.count_total, count), (0, 0));
    }
}

#[test]
fn many_small_filters_and_properties_take_no_more_than_their_bytes() {
    let filters = [bytes("82 d2 86 03 0001"), bytes("0001 'a' 00").repeat(12_500)].concat();
    let properties = [bytes("30 d6 86 03 0001 't' d0 86 03"), bytes("26 0000 0000").repeat(10_000)].concat();
    for (connect, input) in [(CONNECT_V311, filters), (CONNECT_V5, properties)] {
        let mut buffer = BytesMut::from(&input[..]);
        let mut decoder = decoder(Capabilities::default(), connect);
        let info = measure(|| assert!(decoder.decode(&mut buffer).unwrap().is_some()));
        assert!(info.bytes_max <= HOLDERS, "{info:?}");
    }
}

#[test]
fn encoding_allocates_nothing_when_there_is_room_and_the_exact_size_otherwise() {
    let mut input = BytesMut::from(&bytes("32 0a 0003 'a/b' 0001 'hey'")[..]);
    let Ok(Some(ClientPacket::Publish(publish))) =
        decoder(Capabilities::default(), CONNECT_V311).decode(&mut input)
    else {
        panic!()
    };
    let payload = Bytes::from(vec![b'x'; 4_000]);
    let publish = ServerPacket::Publish(kaa_kpc::mqtt::packet::Publish { payload, ..publish });
    for version in [ProtocolVersion::V311, ProtocolVersion::V5] {
        let encoder = Encoder::new(version);
        let mut output = BytesMut::new();
        let info = measure(|| encoder.encode(&publish, &mut output).unwrap());
        assert_eq!((info.count_total, info.bytes_total), (1, output.len() as u64));
        output.clear();
        let info = measure(|| encoder.encode(&publish, &mut output).unwrap());
        assert_eq!(info.count_total, 0);
    }
}
