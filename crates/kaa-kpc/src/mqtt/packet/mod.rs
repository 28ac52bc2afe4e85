//! What a client may send, and what a server may.
//!
//! One set of types for both versions: what only MQTT 5 has (properties, reason codes) is empty or success in
//! a packet of MQTT 3.1.1.

mod acknowledgement;
mod connack;
mod connect;
mod disconnect;
mod publish;
mod subscribe;

use std::fmt;

pub use acknowledgement::{Acknowledgement, SubAck, UnsubAck};
pub use connack::ConnAck;
pub use connect::{Connect, Credentials, Will};
pub use disconnect::{Auth, Disconnect};
pub use publish::{Delivery, Publish, Qos};
pub use subscribe::{Filters, RetainHandling, Subscribe, Subscription, Subscriptions, Unsubscribe};

pub(super) use subscribe::FILTER;

/// The number that pairs a packet with its acknowledgement.
pub type PacketId = std::num::NonZeroU16;

/// A version of MQTT that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProtocolVersion {
    /// MQTT 3.1.1, protocol level 4.
    V311,
    /// MQTT 5, protocol level 5.
    V5,
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V311 => "MQTT 3.1.1",
            Self::V5 => "MQTT 5",
        })
    }
}

/// A packet from a client.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientPacket {
    /// Opens the session.
    Connect(Connect),
    /// A message.
    Publish(Publish),
    /// Ends a QoS 1 delivery.
    PubAck(Acknowledgement),
    /// The first answer to a QoS 2 message.
    PubRec(Acknowledgement),
    /// The answer to PUBREC.
    PubRel(Acknowledgement),
    /// Ends a QoS 2 delivery.
    PubComp(Acknowledgement),
    /// Asks for messages.
    Subscribe(Subscribe),
    /// Asks for no more of them.
    Unsubscribe(Unsubscribe),
    /// Says that the client is there.
    PingReq,
    /// Says that the client goes.
    Disconnect(Disconnect),
    /// A step of an enhanced authentication; MQTT 5 only.
    Auth(Auth),
}

/// A packet from a server.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerPacket {
    /// Accepts or refuses a session.
    ConnAck(ConnAck),
    /// A message.
    Publish(Publish),
    /// Ends a QoS 1 delivery.
    PubAck(Acknowledgement),
    /// The first answer to a QoS 2 message.
    PubRec(Acknowledgement),
    /// The answer to PUBREC.
    PubRel(Acknowledgement),
    /// Ends a QoS 2 delivery.
    PubComp(Acknowledgement),
    /// Answers SUBSCRIBE.
    SubAck(SubAck),
    /// Answers UNSUBSCRIBE.
    UnsubAck(UnsubAck),
    /// Answers PINGREQ.
    PingResp,
    /// Says why the connection is closed; MQTT 5 only.
    Disconnect(Disconnect),
}

impl ServerPacket {
    /// The type of the packet.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::ConnAck(_) => PacketType::ConnAck,
            Self::Publish(_) => PacketType::Publish,
            Self::PubAck(_) => PacketType::PubAck,
            Self::PubRec(_) => PacketType::PubRec,
            Self::PubRel(_) => PacketType::PubRel,
            Self::PubComp(_) => PacketType::PubComp,
            Self::SubAck(_) => PacketType::SubAck,
            Self::UnsubAck(_) => PacketType::UnsubAck,
            Self::PingResp => PacketType::PingResp,
            Self::Disconnect(_) => PacketType::Disconnect,
        }
    }
}

macro_rules! packet_types {
    ($($name:ident = $number:literal, $text:literal;)+) => {
        /// A type of packet: the upper half of its first byte.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum PacketType {
            $(#[doc = $text] $name = $number,)+
        }

        impl PacketType {
            /// The type with this number.
            pub(super) const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for PacketType {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }
    };
}

packet_types! {
    Connect = 1, "CONNECT";
    ConnAck = 2, "CONNACK";
    Publish = 3, "PUBLISH";
    PubAck = 4, "PUBACK";
    PubRec = 5, "PUBREC";
    PubRel = 6, "PUBREL";
    PubComp = 7, "PUBCOMP";
    Subscribe = 8, "SUBSCRIBE";
    SubAck = 9, "SUBACK";
    Unsubscribe = 10, "UNSUBSCRIBE";
    UnsubAck = 11, "UNSUBACK";
    PingReq = 12, "PINGREQ";
    PingResp = 13, "PINGRESP";
    Disconnect = 14, "DISCONNECT";
    Auth = 15, "AUTH";
}

impl PacketType {
    /// The lower half of the first byte, which has a meaning in PUBLISH only.
    pub(super) const fn flags(self) -> u8 {
        match self {
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => 0b0010,
            _ => 0,
        }
    }

    /// The first byte with these flags.
    pub(super) const fn first_byte(self, flags: u8) -> u8 {
        (self as u8) << 4 | flags
    }
}
