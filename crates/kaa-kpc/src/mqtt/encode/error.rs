//! Why a packet is not written.

use crate::mqtt::packet::PacketType;
use crate::mqtt::property::ValueError;
use crate::mqtt::reason::ReasonCode;

/// A packet that cannot be written for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The client does not take packets of this size.
    #[error("{packet} of {size} bytes; this client takes at most {limit} [MQTT-3.1.2-24]")]
    TooLarge {
        /// The packet.
        packet: PacketType,
        /// Its size without what could be left out, in bytes.
        size: usize,
        /// What the client takes, in bytes.
        limit: u32,
    },
    /// MQTT 3.1.1 cannot say that: close the connection instead.
    #[error("MQTT 3.1.1 has no {packet} for {reason}; close the connection")]
    NotInMqtt311 {
        /// The packet.
        packet: PacketType,
        /// What it was to say.
        reason: ReasonCode,
    },
    /// A refusal has no session.
    #[error("CONNACK refuses ({reason}) and has a session; expected session present 0 [MQTT-3.2.2-6]")]
    SessionOfRefusal {
        /// Why it refuses.
        reason: ReasonCode,
    },
    /// A reason code of another packet.
    #[error("{packet} does not have reason code {reason} [{rule}]")]
    ReasonCode {
        /// The packet.
        packet: PacketType,
        /// The code.
        reason: ReasonCode,
        /// The rule that lists the codes of this packet.
        rule: &'static str,
    },
    /// There must be a code for each filter.
    #[error("{packet} has no reason code; expected one for each topic filter")]
    NoReasonCodes {
        /// The packet.
        packet: PacketType,
    },
    /// A property of another packet, or one that this server never sends.
    #[error("{property} is not sent in this packet [{section}]")]
    MisplacedProperty {
        /// Its name.
        property: &'static str,
        /// The section on the properties of the packet.
        section: &'static str,
    },
    /// The same property twice.
    #[error("{property} twice; expected once [{section}]")]
    RepeatedProperty {
        /// Its name.
        property: &'static str,
        /// The section on the properties of the packet.
        section: &'static str,
    },
    /// A value that the wire cannot carry.
    #[error("{property}: {problem}")]
    Value {
        /// The name of the property.
        property: &'static str,
        /// What is wrong with its value.
        problem: ValueError,
    },
}
