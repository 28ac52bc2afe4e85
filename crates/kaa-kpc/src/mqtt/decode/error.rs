//! What is wrong with the bytes of a client, and what the server says to it.

use std::fmt;

use crate::mqtt::packet::{ConnAck, Disconnect, PacketType, ProtocolVersion, ServerPacket};
use crate::mqtt::properties::Properties;
use crate::mqtt::property::Property;
use crate::mqtt::reader::Fault;
use crate::mqtt::reason::ReasonCode;
use crate::mqtt::violation::Violation;

/// Bytes that break a rule of MQTT. The connection has to be closed.
///
/// ```
/// use bytes::BytesMut;
/// use kaa_kpc::mqtt::{Capabilities, Decoder};
///
/// let mut bytes = BytesMut::from(&b"\x10\x0d\x00\x04MQTT\x04\x03\x00\x3c\x00\x01a"[..]);
/// let error = Decoder::new(Capabilities::default()).decode(&mut bytes).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "MQTT 3.1.1 CONNECT, connect flags: bit 0 is set; expected 0, it is reserved [MQTT-3.1.2-3]"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    packet: Option<PacketType>,
    version: Option<ProtocolVersion>,
    fault: Fault,
}

/// What a server sends before it closes the connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The version to write it in. It is not that of the connection when the client asked for a
    /// version that is not served.
    pub version: ProtocolVersion,
    /// CONNACK or DISCONNECT.
    pub packet: ServerPacket,
}

impl DecodeError {
    #[cold]
    pub(super) fn new(packet: Option<PacketType>, version: Option<ProtocolVersion>, fault: Fault) -> Self {
        Self { packet, version, fault }
    }

    /// The type of the packet at fault; `None` when there is no such type.
    pub fn packet(&self) -> Option<PacketType> {
        self.packet
    }

    /// The field at fault.
    pub fn field(&self) -> &'static str {
        self.fault.field
    }

    /// The rule that is broken.
    pub fn violation(&self) -> Violation {
        self.fault.violation
    }

    /// The reason code that MQTT 5 has for it.
    pub fn reason(&self) -> ReasonCode {
        self.fault.violation.reason()
    }

    /// Where the specification has the rule, see [`Violation::rule`].
    pub fn rule(&self) -> &'static str {
        self.fault.violation.rule(self.version.unwrap_or(ProtocolVersion::V5))
    }

    /// What to send before closing; `None` to close without a word.
    ///
    /// MQTT 3.1.1 has an answer to two things, a version that is not served and an empty client identifier
    /// for a session that is to last; to anything else wrong with a CONNECT it must not send a CONNACK
    /// [MQTT-3.1.4-1], and it has no DISCONNECT from a server. MQTT 5 has an answer to everything, and a
    /// reason string goes with it. Nobody is told anything before it has said that it speaks MQTT.
    ///
    /// A DISCONNECT may only follow a CONNACK [MQTT-3.14.0-1]. Before that, close without it.
    pub fn answer(&self) -> Option<Answer> {
        let version = match (self.version, self.violation()) {
            (None, Violation::UnsupportedProtocolLevel(level)) if level > 5 => ProtocolVersion::V5,
            (None, Violation::UnsupportedProtocolLevel(_))
            | (Some(ProtocolVersion::V311), Violation::EmptyClientId) => ProtocolVersion::V311,
            (Some(ProtocolVersion::V5), _) => ProtocolVersion::V5,
            (None | Some(ProtocolVersion::V311), _) => return None,
        };
        let reason = self.reason();
        let text = self.to_string();
        // The text is ours; were it not writable, the code alone would do.
        let properties = Properties::new([Property::ReasonString(&text)]).unwrap_or_default();
        let opens = self.packet == Some(PacketType::Connect) && self.violation() != Violation::SecondConnect;
        let packet = if opens {
            ServerPacket::ConnAck(ConnAck { properties, ..ConnAck::refused(reason) })
        } else {
            ServerPacket::Disconnect(Disconnect { reason, properties })
        };
        Some(Answer { version, packet })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "{version}")?,
            None => f.write_str("MQTT")?,
        }
        match self.packet {
            Some(packet) => write!(f, " {packet}")?,
            None => f.write_str(" packet")?,
        }
        write!(f, ", {}: {} [{}]", self.field(), self.violation(), self.rule())
    }
}

impl std::error::Error for DecodeError {}
