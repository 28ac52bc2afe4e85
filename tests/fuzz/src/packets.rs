//! MQTT packets of a client.

use bytes::{Bytes, BytesMut};
use kaa_kpc::mqtt::packet::{ClientPacket, ProtocolVersion, ServerPacket};
use kaa_kpc::mqtt::{Capabilities, DecodeError, Decoder, Encoder, Properties};

use super::choice;

/// What the client has sent before: nothing, or a CONNECT of either version.
const CONNECTS: [&[u8]; 3] = [
    b"",
    b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a",
    b"\x10\x16\x00\x04MQTT\x05\x02\x00\x3c\x08\x15\x00\x05SCRAM\x00\x01a",
];

fn decoder(connect: &[u8]) -> Decoder {
    let mut decoder = Decoder::new(Capabilities { topic_alias_maximum: 8, ..Capabilities::default() });
    if !connect.is_empty() {
        assert!(matches!(decoder.decode(&mut BytesMut::from(connect)), Ok(Some(_))));
    }
    decoder
}

pub(crate) fn read(input: &Bytes) -> bool {
    let Some((index, input)) = choice(input, CONNECTS.len()) else { return false };
    let connect = CONNECTS.get(index).expect("a choice");
    let (mut decoder, mut buffer) = (decoder(connect), BytesMut::from(&input[..]));
    let mut packets = 0;
    loop {
        match decoder.decode(&mut buffer) {
            Ok(Some(_)) => packets += 1,
            Ok(None) => return packets > 0 && buffer.is_empty(),
            Err(_) => return false,
        }
    }
}

pub(crate) fn check(input: &Bytes) {
    let Some((index, input)) = choice(input, CONNECTS.len()) else { return };
    let connect = CONNECTS.get(index).expect("a choice");
    let whole = decode_in_pieces(connect, &input, input.len().max(1));
    assert_eq!(decode_in_pieces(connect, &input, 1), whole, "cuts make no difference");

    let mut version = decoder(connect).version();
    for packet in &whole.packets {
        if let ClientPacket::Connect(connect) = packet {
            version = Some(connect.version);
        }
        can_be_looked_at(packet);
        if let (ClientPacket::Publish(publish), Some(version)) = (packet, version) {
            comes_back(connect, &ServerPacket::Publish(publish.clone()), version);
        }
    }
    if let Some(error) = whole.error {
        assert!(error.rule().starts_with("MQTT-") || error.rule().starts_with("section "));
        if let Some(answer) = error.answer() {
            let mut output = BytesMut::new();
            Encoder::new(answer.version).encode(&answer.packet, &mut output).expect("an answer can be sent");
        }
    }
}

#[derive(Debug, PartialEq)]
struct Decoded {
    packets: Vec<ClientPacket>,
    error: Option<DecodeError>,
    /// The part of a packet at the end.
    rest: BytesMut,
}

fn decode_in_pieces(connect: &[u8], input: &[u8], size: usize) -> Decoded {
    let mut decoder = decoder(connect);
    let mut decoded = Decoded { packets: Vec::new(), error: None, rest: BytesMut::new() };
    for piece in input.chunks(size) {
        decoded.rest.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut decoded.rest) {
                Ok(Some(packet)) => decoded.packets.push(packet),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut BytesMut::from(&b"\xc0\0"[..])), Err(error), "for good");
                    return Decoded { error: Some(error), rest: BytesMut::new(), ..decoded };
                }
            }
        }
    }
    decoded
}

/// Lists are as long as they say, and what was checked once is read again.
fn can_be_looked_at(packet: &ClientPacket) {
    let _ = format!("{packet:?}");
    let properties = match packet {
        ClientPacket::Connect(packet) => &packet.properties,
        ClientPacket::Publish(packet) => &packet.properties,
        ClientPacket::PubAck(packet)
        | ClientPacket::PubRec(packet)
        | ClientPacket::PubRel(packet)
        | ClientPacket::PubComp(packet) => &packet.properties,
        ClientPacket::Subscribe(packet) => {
            assert_eq!(packet.subscriptions.iter().count(), packet.subscriptions.len());
            &packet.properties
        }
        ClientPacket::Unsubscribe(packet) => {
            assert_eq!(packet.filters.iter().count(), packet.filters.len());
            &packet.properties
        }
        ClientPacket::Disconnect(packet) => &packet.properties,
        ClientPacket::Auth(packet) => &packet.properties,
        ClientPacket::PingReq => return,
    };
    let again = Properties::new(properties.iter()).expect("what was read can be written");
    assert!(again == *properties, "byte for byte");
}

/// A message that is written again is read as the same message; one with an alias is not sent.
fn comes_back(connect: &[u8], packet: &ServerPacket, version: ProtocolVersion) {
    let mut wire = BytesMut::new();
    if Encoder::new(version).encode(packet, &mut wire).is_err() {
        assert!(wire.is_empty());
        return;
    }
    let connect = if connect.is_empty() {
        CONNECTS.get(if version == ProtocolVersion::V5 { 2 } else { 1 }).expect("both are there")
    } else {
        connect
    };
    let read = decoder(connect).decode(&mut wire);
    let (Ok(Some(ClientPacket::Publish(read))), ServerPacket::Publish(sent)) = (&read, packet) else {
        panic!("{packet:?} comes back as {read:?}")
    };
    assert_eq!(read, sent);
}
