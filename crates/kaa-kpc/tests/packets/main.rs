//! The packets of MQTT, byte for byte: what is refused and how, what is read, what is written, and whether
//! codecs and clients that other people wrote agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod agreement;
mod captured;
mod golden;
mod memory;
mod notation;
mod refused_capabilities;
mod refused_connect;
mod refused_headers;
mod refused_properties;
mod refused_publish;
mod refused_subscribe;
mod splits;
mod unwritten;

use bytes::BytesMut;
use kaa_kpc::mqtt::packet::{ClientPacket, ServerPacket};
use kaa_kpc::mqtt::{Capabilities, DecodeError, Decoder, Encoder};
use notation::bytes;

/// CONNECT of MQTT 3.1.1: clean session, keep alive 60, client identifier a.
const CONNECT_V311: &str = "10 0d 0004 'MQTT' 04 02 003c 0001 'a'";

/// CONNECT of MQTT 5: clean start, keep alive 60, no properties, client identifier a.
const CONNECT_V5: &str = "10 0e 0004 'MQTT' 05 02 003c 00 0001 'a'";

/// A decoder that has read `connect`, unless that is empty.
fn decoder(capabilities: Capabilities, connect: &str) -> Decoder {
    let mut decoder = Decoder::new(capabilities);
    let mut buffer = BytesMut::from(&bytes(connect)[..]);
    if !buffer.is_empty() {
        let packet = decoder.decode(&mut buffer).unwrap();
        assert!(matches!(packet, Some(ClientPacket::Connect(_))));
        assert!(buffer.is_empty());
    }
    decoder
}

/// What is wrong with `packet` after `connect`.
fn refusal(capabilities: Capabilities, connect: &str, packet: &str) -> DecodeError {
    let mut decoder = decoder(capabilities, connect);
    let mut buffer = BytesMut::from(&bytes(packet)[..]);
    let error = decoder.decode(&mut buffer).expect_err("this has to be refused");
    assert_eq!(decoder.decode(&mut BytesMut::from(&b"\xc0\x00"[..])), Err(error), "it stays refused");
    error
}

/// What the server does about it, such as `closes` or `DISCONNECT 0x81`, with the bytes that say so.
fn answer(error: &DecodeError) -> String {
    let Some(answer) = error.answer() else { return "closes".to_owned() };
    let mut output = BytesMut::new();
    Encoder::new(answer.version).encode(&answer.packet, &mut output).unwrap();
    let text = error.to_string();
    let explained = output.windows(text.len()).any(|window| window == text.as_bytes());
    assert_eq!(explained, output.len() > 4, "MQTT 5 is told why");
    let header = 2 + output[1..].iter().take_while(|byte| **byte >= 0x80).count();
    match answer.packet {
        ServerPacket::ConnAck(_) => format!("CONNACK {:#04x}", output[header + 1]),
        ServerPacket::Disconnect(_) => format!("DISCONNECT {:#04x}", output[header]),
        packet => panic!("{packet:?}"),
    }
}

/// Tests of one refusal each: the packets before it, the packet, what is wrong with it, and what the server does.
macro_rules! refused {
    ($($name:ident: $connect:expr, $packet:literal => $text:literal, $answer:literal;)+) => {
        $(
            #[test]
            fn $name() {
                let error = crate::refusal(kaa_kpc::mqtt::Capabilities::default(), $connect, $packet);
                assert_eq!(error.to_string(), $text);
                assert_eq!(crate::answer(&error), $answer);
            }
        )+
    };
}
pub(crate) use refused;
