//! The packets of MQTT 3.1.1 and MQTT 5, as a server reads and writes them: no async, no I/O.
//!
//! ```text
//!              BytesMut ──► Decoder ──► ClientPacket ──┐
//!                              │                       │  the session
//!             close ◄── DecodeError::answer ───┐       │
//!                                              ▼       ▼
//!              BytesMut ◄── Encoder ◄────── ServerPacket
//! ```
//!
//! | module | idea |
//! |---|---|
//! | [`packet`] | what a client may send and what a server may |
//! | [`decode`] | from bytes to packets |
//! | [`encode`] | from packets to bytes |
//! | [`topic`] | names, filters, and whether they match |
//! | [`property`] | the properties of MQTT 5, all in one table |
//! | [`reason`] | its reason codes, all in one table |
//! | [`capabilities`] | what the server announces, and is strict about |
//! | [`violation`] | every rule that a packet can break, and where it is written |
//!
//! # Why an own codec
//!
//! Two codec crates were run before this was written. Each accepts packets that the specification
//! forbids: bytes behind the last field, a second CONNECT, wildcards in a topic, reserved bits, packet
//! ID 0. Checking behind them means to parse again. The server's half of MQTT is small, and a
//! server has to know exactly which rule was broken, because MQTT 5 wants that as a reason code.
//!
//! # Promises
//!
//! - No bytes make it panic. No length reserves memory: a packet is waited for in the caller's
//!   buffer, and only after its size was compared with the limit.
//! - Nothing is copied. Texts and payloads share the buffer that was read into, and lists stay as they
//!   are on the wire, so a packet takes no more memory than it took bytes, apart from its fixed part.
//!   Who keeps a part of a packet keeps its buffer: copy what is kept for long.
//! - Both directions are held to the same rules. What the decoder refuses in a property or a text, the
//!   encoder does not write.
//! - Everything that a packet violates by itself is found here. What needs the state of a session (which
//!   packet identifiers are in use, whether too much is in flight, who may do what) is the session's.
//!
//! ```
//! use bytes::BytesMut;
//! use kaa_kpc::mqtt::packet::{Acknowledgement, ClientPacket, ServerPacket};
//! use kaa_kpc::mqtt::{Capabilities, Decoder, Encoder};
//!
//! let mut decoder = Decoder::new(Capabilities::default());
//! let mut input = BytesMut::from(&b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"[..]);
//! input.extend_from_slice(b"\x32\x0c\x00\x06kp1/av\x00\x0721");
//!
//! let Some(ClientPacket::Connect(connect)) = decoder.decode(&mut input)? else { panic!() };
//! let encoder = Encoder::for_client(&connect);
//! let Some(ClientPacket::Publish(publish)) = decoder.decode(&mut input)? else { panic!() };
//! assert_eq!((publish.topic.as_str(), &publish.payload[..]), ("kp1/av", &b"21"[..]));
//!
//! let mut output = BytesMut::new();
//! let packet_id = publish.delivery.packet_id().expect("QoS 1");
//! encoder.encode(&ServerPacket::PubAck(Acknowledgement::new(packet_id)), &mut output)?;
//! assert_eq!(output, &b"\x40\x02\x00\x07"[..]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod capabilities;
pub mod decode;
pub mod encode;
pub mod packet;
pub mod property;
pub mod reason;
pub mod topic;
pub mod violation;

mod place;
mod properties;
mod reader;

pub use capabilities::Capabilities;
pub use decode::{Answer, DecodeError, Decoder};
pub use encode::{EncodeError, Encoder};
pub use properties::Properties;
pub use property::Property;
pub use reason::ReasonCode;
pub use topic::{TopicFilter, TopicName};
pub use violation::Violation;
