//! The fixed header, which every packet begins with.

use crate::mqtt::packet::{PacketType, ProtocolVersion};
use crate::mqtt::reader::{Fault, Varint};
use crate::mqtt::violation::Violation;

const LENGTH: &str = "remaining length";

/// A packet of a size that is accepted.
pub(super) struct Header {
    pub(super) packet: PacketType,
    pub(super) flags: u8,
    /// What the header itself takes, in bytes.
    pub(super) size: usize,
    /// What follows it, in bytes.
    pub(super) remaining: usize,
    /// Whether the length took no byte more than it needs. Before a CONNECT nobody knows whether that matters.
    pub(super) is_minimal: bool,
}

/// The first byte of a packet that may come now.
pub(super) struct Start {
    pub(super) packet: PacketType,
    flags: u8,
}

impl Header {
    /// Judges a packet by its first byte. `version` is that of the CONNECT, once it came.
    pub(super) fn start(byte: u8, version: Option<ProtocolVersion>) -> Result<Start, Fault> {
        const TYPE: &str = "packet type";
        let (number, flags) = (byte >> 4, byte & 0b1111);
        let packet = PacketType::from_number(number);
        let packet = match (version, packet) {
            (None, Some(PacketType::Connect)) => PacketType::Connect,
            (None, _) => return Err(Fault::new(TYPE, Violation::NotConnect)),
            (Some(ProtocolVersion::V311), Some(PacketType::Auth)) | (Some(_), None) => {
                return Err(Fault::new(TYPE, Violation::ReservedPacketType(number)));
            }
            (Some(_), Some(PacketType::Connect)) => return Err(Fault::new(TYPE, Violation::SecondConnect)),
            (
                Some(_),
                Some(PacketType::ConnAck | PacketType::SubAck | PacketType::UnsubAck | PacketType::PingResp),
            ) => return Err(Fault::new(TYPE, Violation::ServerPacket)),
            (Some(_), Some(packet)) => packet,
        };
        if packet != PacketType::Publish && flags != packet.flags() {
            let violation = Violation::ReservedFlags { flags, expected: packet.flags() };
            return Err(Fault::new("flags", violation));
        }
        Ok(Start { packet, flags })
    }
}

impl Start {
    /// Reads the length behind the first byte of `bytes`; `None` when it is not complete.
    pub(super) fn complete(
        &self,
        bytes: &[u8],
        limit: u32,
        version: Option<ProtocolVersion>,
    ) -> Result<Option<Header>, Fault> {
        let length = Varint::read(bytes.get(1..).unwrap_or_default())
            .map_err(|violation| Fault::new(LENGTH, violation))?;
        let Some(length) = length else { return Ok(None) };
        if version == Some(ProtocolVersion::V5) {
            check_minimal(length.is_minimal())?;
        }
        let size = 1 + length.len;
        // At most 5 + 2^28 - 1.
        let total = length.value + u32::try_from(size).unwrap_or(u32::MAX);
        if total > limit {
            return Err(Fault::new(LENGTH, Violation::PacketTooLarge { size: total, limit }));
        }
        Ok(Some(Header {
            packet: self.packet,
            flags: self.flags,
            size,
            remaining: usize::try_from(length.value).unwrap_or(usize::MAX),
            is_minimal: length.is_minimal(),
        }))
    }
}

/// What MQTT 5 asks of every variable byte integer.
pub(super) fn check_minimal(is_minimal: bool) -> Result<(), Fault> {
    if is_minimal { Ok(()) } else { Err(Fault::new(LENGTH, Violation::NumberNotMinimal)) }
}
