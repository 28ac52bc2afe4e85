//! PUBLISH, in both directions.

use bytes::Bytes;

use super::PacketId;
use crate::mqtt::properties::Properties;
use crate::mqtt::topic::TopicName;

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// How it is delivered.
    pub delivery: Delivery,
    /// Whether the server is to keep it, or has kept it.
    pub retain: bool,
    /// What it is published to. Where a client sent an alias, the decoder has put in what it stands for.
    pub topic: TopicName,
    /// The message, which is nobody's business here.
    pub payload: Bytes,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

impl Publish {
    /// A message without properties.
    pub fn new(topic: TopicName, delivery: Delivery, payload: impl Into<Bytes>) -> Self {
        Self { delivery, retain: false, topic, payload: payload.into(), properties: Properties::default() }
    }
}

/// A quality of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qos {
    /// QoS 0.
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce,
    /// QoS 2.
    ExactlyOnce,
}

impl Qos {
    /// The QoS with these two bits; `None` for 3.
    pub(in crate::mqtt) const fn from_bits(bits: u8) -> Option<Self> {
        match bits & 0b11 {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    /// Its number.
    pub(in crate::mqtt) const fn bits(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }
}

/// A quality of service with what it needs: only what is acknowledged has an identifier, and can be a
/// duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// QoS 0.
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce {
        /// Pairs the message with its PUBACK.
        packet_id: PacketId,
        /// Whether it was sent before.
        duplicate: bool,
    },
    /// QoS 2.
    ExactlyOnce {
        /// Pairs the message with its PUBREC, PUBREL and PUBCOMP.
        packet_id: PacketId,
        /// Whether it was sent before.
        duplicate: bool,
    },
}

impl Delivery {
    /// The quality of service.
    pub const fn qos(self) -> Qos {
        match self {
            Self::AtMostOnce => Qos::AtMostOnce,
            Self::AtLeastOnce { .. } => Qos::AtLeastOnce,
            Self::ExactlyOnce { .. } => Qos::ExactlyOnce,
        }
    }

    /// The packet identifier, unless it is QoS 0.
    pub const fn packet_id(self) -> Option<PacketId> {
        match self {
            Self::AtMostOnce => None,
            Self::AtLeastOnce { packet_id, .. } | Self::ExactlyOnce { packet_id, .. } => Some(packet_id),
        }
    }

    /// Whether the message was sent before.
    pub const fn is_duplicate(self) -> bool {
        match self {
            Self::AtMostOnce => false,
            Self::AtLeastOnce { duplicate, .. } | Self::ExactlyOnce { duplicate, .. } => duplicate,
        }
    }
}
