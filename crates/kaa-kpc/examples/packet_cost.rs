//! What the MQTT codec costs, for callgrind.
//!
//! ```text
//! packet_cost decode <n>      decode a QoS 1 PUBLISH of 200 bytes, n times
//! packet_cost puback <n>      encode its PUBACK
//! packet_cost publish <n>     encode the PUBLISH that answers it, with a payload of 17 bytes
//! packet_cost exchange <n>    all three
//! ```
//!
//! A third argument of 5 asks for MQTT 5. Instructions per operation are the difference of two runs divided
//! by the difference of their iterations: start-up cancels out.
//!
//! ```text
//! cargo build --release -p kaa-kpc --example packet_cost
//! for n in 1000 3000; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!         target/release/examples/packet_cost exchange $n
//! done
//! ```
//!
//! The bytes arrive as they do from a socket: 16 packets at a time, in a buffer that is used again.

use std::error::Error;
use std::hint::black_box;

use bytes::BytesMut;
use kaa_kpc::mqtt::packet::{Acknowledgement, ClientPacket, Connect, Publish, ServerPacket};
use kaa_kpc::mqtt::{Capabilities, Decoder, Encoder, TopicName};

const TOPIC: &str = "kp1/humidity-sensor-v3/dcx/token-1/json/42";
const PACKETS_AT_A_TIME: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let operation = arguments.next().ok_or("the first argument is the operation")?;
    let n: usize = arguments.next().ok_or("the second argument is the number of iterations")?.parse()?;
    let is_five = arguments.next().as_deref() == Some("5");
    let (decodes, pubacks, publishes) = match operation.as_str() {
        "decode" => (true, false, false),
        "puback" => (false, true, false),
        "publish" => (false, false, true),
        "exchange" => (true, true, true),
        _ => return Err(format!("{operation} is no operation").into()),
    };

    let mut decoder = Decoder::new(Capabilities::default());
    let mut input = BytesMut::from(connect(is_five));
    let Some(ClientPacket::Connect(connect)) = decoder.decode(&mut input)? else {
        return Err("CONNECT is read first".into());
    };
    let encoder = Encoder::for_client(&connect);
    let wire = publish(&connect, 200);
    let mut input = BytesMut::with_capacity(wire.len() * PACKETS_AT_A_TIME);
    let mut output = BytesMut::with_capacity(4_096);
    let (mut template, topic) = (None, TopicName::new(format!("{TOPIC}/status"))?);

    for _ in 0..n {
        if decodes || template.is_none() {
            if input.is_empty() {
                input.reserve(wire.len() * PACKETS_AT_A_TIME);
                (0..PACKETS_AT_A_TIME).for_each(|_| input.extend_from_slice(&wire));
            }
            let Some(ClientPacket::Publish(publish)) = decoder.decode(black_box(&mut input))? else {
                return Err("PUBLISH is read next".into());
            };
            template = Some(publish.delivery);
            black_box(publish);
        }
        let Some(delivery) = template else { continue };
        if let (true, Some(packet_id)) = (pubacks, delivery.packet_id()) {
            encoder.encode(&ServerPacket::PubAck(Acknowledgement::new(packet_id)), &mut output)?;
        }
        if publishes {
            let answer = Publish::new(topic.clone(), delivery, &br#"[{"humidity":88}]"#[..]);
            encoder.encode(&ServerPacket::Publish(answer), &mut output)?;
        }
        black_box(&mut output).clear();
    }
    Ok(())
}

fn connect(is_five: bool) -> &'static [u8] {
    if is_five {
        b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01a"
    } else {
        b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
    }
}

/// A QoS 1 PUBLISH of `size` bytes, its fixed header of 3 included.
fn publish(connect: &Connect, size: usize) -> Vec<u8> {
    let properties: &[u8] = match connect.version {
        kaa_kpc::mqtt::packet::ProtocolVersion::V311 => &[],
        kaa_kpc::mqtt::packet::ProtocolVersion::V5 => &[0],
    };
    let mut wire =
        vec![0x32, 0x80 | ((size - 3) % 128).to_le_bytes()[0], ((size - 3) / 128).to_le_bytes()[0]];
    wire.extend_from_slice(&[0, TOPIC.len().to_le_bytes()[0]]);
    wire.extend_from_slice(TOPIC.as_bytes());
    wire.extend_from_slice(&[0, 7]);
    wire.extend_from_slice(properties);
    wire.resize(size, b'x');
    wire
}
