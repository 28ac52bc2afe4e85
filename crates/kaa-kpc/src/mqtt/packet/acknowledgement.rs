//! The packets that answer another one.

use super::PacketId;
use crate::mqtt::properties::Properties;
use crate::mqtt::reason::ReasonCode;

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
#[derive(Debug, Clone, PartialEq)]
pub struct Acknowledgement {
    /// That of the message.
    pub packet_id: PacketId,
    /// How it went; with MQTT 3.1.1 always success.
    pub reason: ReasonCode,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

impl Acknowledgement {
    /// Success, without properties.
    pub fn new(packet_id: PacketId) -> Self {
        Self::with_reason(packet_id, ReasonCode::Success)
    }

    /// A reason code without properties.
    pub fn with_reason(packet_id: PacketId, reason: ReasonCode) -> Self {
        Self { packet_id, reason, properties: Properties::default() }
    }
}

/// SUBACK.
#[derive(Debug, Clone, PartialEq)]
pub struct SubAck {
    /// That of the SUBSCRIBE.
    pub packet_id: PacketId,
    /// One for each filter, in its order. Every failure is 0x80 in MQTT 3.1.1.
    pub reasons: Vec<ReasonCode>,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

/// UNSUBACK.
#[derive(Debug, Clone, PartialEq)]
pub struct UnsubAck {
    /// That of the UNSUBSCRIBE.
    pub packet_id: PacketId,
    /// One for each filter, in its order. MQTT 3.1.1 does not send them.
    pub reasons: Vec<ReasonCode>,
    /// Properties of MQTT 5.
    pub properties: Properties,
}
