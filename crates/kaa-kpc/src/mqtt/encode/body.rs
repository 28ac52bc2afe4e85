//! What follows the fixed header, described once for its size and for its bytes.

use bytes::{BufMut, BytesMut};

use super::section::Section;
use crate::mqtt::packet::{ConnAck, PacketId, ProtocolVersion, Publish, ServerPacket};
use crate::mqtt::reason::ReasonCode;

/// Where bytes go.
pub(super) trait Sink {
    fn slice(&mut self, bytes: &[u8]);

    fn byte(&mut self, byte: u8) {
        self.slice(&[byte]);
    }

    fn packet_id(&mut self, packet_id: PacketId) {
        self.slice(&packet_id.get().to_be_bytes());
    }
}

impl Sink for BytesMut {
    fn slice(&mut self, bytes: &[u8]) {
        self.put_slice(bytes);
    }
}

/// Counts what would be written.
#[derive(Default)]
pub(super) struct Count(usize);

impl Count {
    pub(super) fn bytes(&self) -> usize {
        self.0
    }
}

impl Sink for Count {
    fn slice(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(bytes.len());
    }
}

/// Writes the body of a packet that was checked, with the properties of `section`.
pub(super) fn write_body(
    packet: &ServerPacket,
    version: ProtocolVersion,
    section: &Section<'_>,
    sink: &mut impl Sink,
) {
    match packet {
        ServerPacket::ConnAck(connack) => write_connack(connack, version, section, sink),
        ServerPacket::Publish(publish) => write_publish(publish, section, sink),
        ServerPacket::PubAck(packet)
        | ServerPacket::PubRec(packet)
        | ServerPacket::PubRel(packet)
        | ServerPacket::PubComp(packet) => {
            sink.packet_id(packet.packet_id);
            write_tail(packet.reason, version, section, sink);
        }
        ServerPacket::SubAck(suback) => {
            sink.packet_id(suback.packet_id);
            section.write(sink);
            for reason in &suback.reasons {
                let failed = version == ProtocolVersion::V311 && reason.is_failure();
                sink.byte(if failed { ReasonCode::UnspecifiedError } else { *reason }.byte());
            }
        }
        ServerPacket::UnsubAck(unsuback) => {
            sink.packet_id(unsuback.packet_id);
            section.write(sink);
            if version == ProtocolVersion::V5 {
                unsuback.reasons.iter().for_each(|reason| sink.byte(reason.byte()));
            }
        }
        ServerPacket::PingResp => {}
        ServerPacket::Disconnect(disconnect) => write_tail(disconnect.reason, version, section, sink),
    }
}

fn write_connack(connack: &ConnAck, version: ProtocolVersion, section: &Section<'_>, sink: &mut impl Sink) {
    sink.byte(u8::from(connack.session_present));
    sink.byte(match version {
        // Checked: it has a return code.
        ProtocolVersion::V311 => connack.reason.connect_return_code().unwrap_or_default(),
        ProtocolVersion::V5 => connack.reason.byte(),
    });
    section.write(sink);
}

fn write_publish(publish: &Publish, section: &Section<'_>, sink: &mut impl Sink) {
    let topic = publish.topic.as_str();
    // A topic name has at most 65,535 bytes.
    sink.slice(&u16::try_from(topic.len()).unwrap_or(u16::MAX).to_be_bytes());
    sink.slice(topic.as_bytes());
    if let Some(packet_id) = publish.delivery.packet_id() {
        sink.packet_id(packet_id);
    }
    section.write(sink);
    sink.slice(&publish.payload);
}

/// A reason code and properties at the end of a packet of MQTT 5. What need not be said is not.
fn write_tail(reason: ReasonCode, version: ProtocolVersion, section: &Section<'_>, sink: &mut impl Sink) {
    if version == ProtocolVersion::V311 || (reason == ReasonCode::Success && section.is_empty()) {
        return;
    }
    sink.byte(reason.byte());
    if !section.is_empty() {
        section.write(sink);
    }
}
