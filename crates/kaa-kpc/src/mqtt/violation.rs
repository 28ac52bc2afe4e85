//! Every rule that a packet can break, and where it is written.

use super::packet::ProtocolVersion;
use super::reason::ReasonCode;
use super::topic::TopicError;

/// What is wrong with a packet.
///
/// A rule has a number in the specification (`MQTT-3.1.2-3`) or, where it is prose, a section. The two
/// specifications number differently, so [`rule`](Self::rule) is asked for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The first packet is something else.
    #[error("this is the first packet; expected CONNECT")]
    NotConnect,
    /// A CONNECT on a connection that has seen one.
    #[error("a second CONNECT; expected one for each connection")]
    SecondConnect,
    /// A type that the version does not define.
    #[error("packet type {0} is reserved; expected 1 to 14, or 15 with MQTT 5")]
    ReservedPacketType(u8),
    /// A type that only servers send.
    #[error("only a server sends this packet")]
    ServerPacket,
    /// The lower half of the first byte is not what the type asks for.
    #[error("flags {flags:#06b}; expected {expected:#06b}")]
    ReservedFlags {
        /// The four bits found.
        flags: u8,
        /// The four bits of this packet type.
        expected: u8,
    },
    /// A variable byte integer that goes on after four bytes.
    #[error("a variable byte integer of more than 4 bytes")]
    NumberTooLong,
    /// A variable byte integer with leading zeros.
    #[error("a variable byte integer that takes more bytes than it needs")]
    NumberNotMinimal,
    /// More than the receiver wants.
    #[error("a packet of {size} bytes; expected at most {limit}")]
    PacketTooLarge {
        /// The size that the fixed header announces, with the header, in bytes.
        size: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// A field goes on after the end of the packet.
    #[error("the packet ends inside this field")]
    EndOfPacket,
    /// The packet goes on after its last field.
    #[error("{0} bytes follow the last field; expected none")]
    TrailingBytes(usize),
    /// A string that is not UTF-8, surrogates included.
    #[error("the text is not well-formed UTF-8")]
    IllFormedUtf8,
    /// U+0000 in a string.
    #[error("the text contains U+0000")]
    NullCharacter,
    /// A packet identifier of 0.
    #[error("0; expected 1 to 65535")]
    ZeroPacketId,

    /// A protocol that is not MQTT.
    #[error("unknown; expected MQTT")]
    UnknownProtocolName,
    /// A version of MQTT that is not served.
    #[error("{0} is not supported; expected 4 (MQTT 3.1.1) or 5")]
    UnsupportedProtocolLevel(u8),
    /// Bit 0 of the connect flags.
    #[error("bit 0 is set; expected 0, it is reserved")]
    ReservedConnectFlag,
    /// A will QoS without a will.
    #[error("a will QoS of {0} without a will; expected 0")]
    WillQosWithoutWill(u8),
    /// Will retain without a will.
    #[error("will retain without a will; expected 0")]
    WillRetainWithoutWill,
    /// A will QoS of 3.
    #[error("a will QoS of 3; expected 0 to 2")]
    WillQos3,
    /// MQTT 3.1.1 has no password alone.
    #[error("a password without a user name; expected both, or no password")]
    PasswordWithoutUserName,
    /// In MQTT 3.1.1 a session that outlives its connection needs a name.
    #[error("empty, and the session is not clean; expected an identifier, or clean session 1")]
    EmptyClientId,
    /// Authentication data without a method.
    #[error("authentication data without an authentication method")]
    DataWithoutMethod,

    /// A QoS of 3.
    #[error("QoS 3; expected 0 to 2")]
    Qos3,
    /// A message that is sent at most once cannot be a duplicate.
    #[error("DUP is set with QoS 0; expected 0")]
    DuplicateWithQos0,
    /// A topic name or filter that is none.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// A response topic with a wildcard.
    #[error("the response topic contains the wildcard {0}; expected a topic name")]
    WildcardInResponseTopic(char),
    /// A topic alias of 0.
    #[error("topic alias 0; expected 1 or more")]
    ZeroTopicAlias,
    /// A topic alias that was not offered.
    #[error("topic alias {alias}; expected at most {maximum}")]
    TopicAliasTooHigh {
        /// The alias.
        alias: u16,
        /// The maximum that the server announced.
        maximum: u16,
    },
    /// An alias in place of a topic, and it stands for none.
    #[error("topic alias {0} was not given a topic on this connection")]
    UnknownTopicAlias(u16),
    /// Subscription identifiers go from the server to the client.
    #[error("a client sends no subscription identifier in a PUBLISH")]
    SubscriptionIdFromClient,
    /// A QoS that the server announced not to take.
    #[error("QoS {0} is above the maximum that the server announced")]
    QosNotSupported(u8),
    /// Retain, and the server announced not to do that.
    #[error("retain is set; this server announced that it keeps no messages")]
    RetainNotSupported,

    /// SUBSCRIBE without a filter.
    #[error("no topic filter; expected at least one")]
    EmptySubscribe,
    /// UNSUBSCRIBE without a filter.
    #[error("no topic filter; expected at least one")]
    EmptyUnsubscribe,
    /// Reserved bits of the subscription options.
    #[error("the options {0:#010b} have a reserved bit; expected 0")]
    ReservedOptionBits(u8),
    /// A requested QoS of 3.
    #[error("a requested QoS of 3; expected 0 to 2")]
    RequestedQos3,
    /// A retain handling of 3.
    #[error("a retain handling of 3; expected 0 to 2")]
    RetainHandling3,
    /// A shared subscription with the no local option.
    #[error("no local on a shared subscription; expected 0")]
    SharedNoLocal,
    /// A wildcard, and the server announced not to take one.
    #[error("a wildcard; this server announced that it has no wildcard subscriptions")]
    WildcardNotSupported,
    /// `$share`, and the server announced not to take it.
    #[error("a shared subscription; this server announced that it has none")]
    SharedNotSupported,
    /// A subscription identifier, and the server announced not to take one.
    #[error("a subscription identifier; this server announced that it has none")]
    SubscriptionIdNotSupported,

    /// A reason code that MQTT 5 does not define, or not for this packet.
    #[error("{code:#04x} is no reason code of this packet")]
    ReasonCode {
        /// The byte found.
        code: u8,
        /// Where the codes of this packet are listed.
        rule: &'static str,
    },
    /// A property that MQTT 5 does not define.
    #[error("property {0:#04x} is not defined")]
    UnknownProperty(u32),
    /// A property in a packet that does not have it.
    #[error("not allowed in this packet")]
    MisplacedProperty,
    /// A property that was there before.
    #[error("sent twice; expected once")]
    RepeatedProperty {
        /// The section on the properties of this packet.
        section: &'static str,
    },
    /// A property that may not be 0.
    #[error("0; expected more")]
    ZeroProperty {
        /// The section on the properties of this packet.
        section: &'static str,
    },
    /// A property that is neither true nor false.
    #[error("{value}; expected 0 or 1")]
    NotABoolean {
        /// The byte found.
        value: u8,
        /// The section on the properties of this packet.
        section: &'static str,
    },

    /// AUTH on a connection that was opened without enhanced authentication.
    #[error("the CONNECT had no authentication method; expected no AUTH")]
    UnexpectedAuth,
    /// AUTH has to repeat the method of the CONNECT.
    #[error("another authentication method than that of the CONNECT, or none")]
    AnotherMethod,
    /// The session ends with the connection, which DISCONNECT cannot change.
    #[error("a session expiry interval; the CONNECT set it to 0, expected 0 or none")]
    SessionExpiryAfterZero,
}

impl Violation {
    /// The reason code that an MQTT 5 server answers with. MQTT 3.1.1 has answers to a few violations of
    /// CONNECT only, see [`DecodeError::answer`](super::DecodeError::answer).
    pub const fn reason(&self) -> ReasonCode {
        match self {
            Self::ReservedPacketType(_)
            | Self::ReservedFlags { .. }
            | Self::NumberTooLong
            | Self::NumberNotMinimal
            | Self::EndOfPacket
            | Self::TrailingBytes(_)
            | Self::IllFormedUtf8
            | Self::NullCharacter
            | Self::ReservedConnectFlag
            | Self::WillQosWithoutWill(_)
            | Self::WillRetainWithoutWill
            | Self::WillQos3
            | Self::PasswordWithoutUserName
            | Self::Qos3
            | Self::DuplicateWithQos0
            | Self::ReservedOptionBits(_)
            | Self::UnknownProperty(_)
            | Self::MisplacedProperty => ReasonCode::MalformedPacket,
            Self::NotConnect
            | Self::SecondConnect
            | Self::ServerPacket
            | Self::ZeroPacketId
            | Self::DataWithoutMethod
            | Self::WildcardInResponseTopic(_)
            | Self::UnknownTopicAlias(_)
            | Self::SubscriptionIdFromClient
            | Self::EmptySubscribe
            | Self::EmptyUnsubscribe
            | Self::RequestedQos3
            | Self::RetainHandling3
            | Self::SharedNoLocal
            | Self::ReasonCode { .. }
            | Self::RepeatedProperty { .. }
            | Self::ZeroProperty { .. }
            | Self::NotABoolean { .. }
            | Self::UnexpectedAuth
            | Self::AnotherMethod
            | Self::SessionExpiryAfterZero => ReasonCode::ProtocolError,
            Self::Topic(error) => error.reason(),
            Self::UnknownProtocolName | Self::UnsupportedProtocolLevel(_) => {
                ReasonCode::UnsupportedProtocolVersion
            }
            Self::EmptyClientId => ReasonCode::ClientIdentifierNotValid,
            Self::ZeroTopicAlias | Self::TopicAliasTooHigh { .. } => ReasonCode::TopicAliasInvalid,
            Self::PacketTooLarge { .. } => ReasonCode::PacketTooLarge,
            Self::QosNotSupported(_) => ReasonCode::QosNotSupported,
            Self::RetainNotSupported => ReasonCode::RetainNotSupported,
            Self::WildcardNotSupported => ReasonCode::WildcardSubscriptionsNotSupported,
            Self::SharedNotSupported => ReasonCode::SharedSubscriptionsNotSupported,
            Self::SubscriptionIdNotSupported => ReasonCode::SubscriptionIdentifiersNotSupported,
        }
    }

    /// Where the specification of `version` has the rule: the number of a normative statement
    /// (`MQTT-3.1.2-3`), or a section where it has none.
    pub const fn rule(&self, version: ProtocolVersion) -> &'static str {
        let (v311, v5) = self.rules();
        match version {
            ProtocolVersion::V311 => v311,
            ProtocolVersion::V5 => v5,
        }
    }

    /// The rule in MQTT 3.1.1 and in MQTT 5. Where only one of them has it, it stands for both.
    const fn rules(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotConnect => ("MQTT-3.1.0-1", "MQTT-3.1.0-1"),
            Self::SecondConnect => ("MQTT-3.1.0-2", "MQTT-3.1.0-2"),
            Self::ReservedPacketType(_) | Self::ServerPacket => ("section 2.2.1", "section 2.1.2"),
            Self::ReservedFlags { .. } => ("MQTT-2.2.2-2", "MQTT-2.1.3-1"),
            Self::NumberTooLong => ("section 2.2.3", "section 1.5.5"),
            Self::NumberNotMinimal => ("section 2.2.3", "MQTT-1.5.5-1"),
            Self::PacketTooLarge { .. } => ("section 2.2.3", "MQTT-3.2.2-15"),
            Self::EndOfPacket | Self::TrailingBytes(_) => ("MQTT-4.8.0-1", "section 4.13.1"),
            Self::IllFormedUtf8 => ("MQTT-1.5.3-1", "MQTT-1.5.4-1"),
            Self::NullCharacter => ("MQTT-1.5.3-2", "MQTT-1.5.4-2"),
            Self::ZeroPacketId => ("MQTT-2.3.1-1", "MQTT-2.2.1-3"),
            Self::UnknownProtocolName => ("MQTT-3.1.2-1", "MQTT-3.1.2-1"),
            Self::UnsupportedProtocolLevel(_) => ("MQTT-3.1.2-2", "MQTT-3.1.2-2"),
            Self::ReservedConnectFlag => ("MQTT-3.1.2-3", "MQTT-3.1.2-3"),
            Self::WillQosWithoutWill(_) => ("MQTT-3.1.2-13", "MQTT-3.1.2-11"),
            Self::WillRetainWithoutWill => ("MQTT-3.1.2-15", "MQTT-3.1.2-13"),
            Self::WillQos3 => ("MQTT-3.1.2-14", "MQTT-3.1.2-12"),
            Self::PasswordWithoutUserName => ("MQTT-3.1.2-22", "section 3.1.2.9"),
            Self::EmptyClientId => ("MQTT-3.1.3-8", "MQTT-3.1.3-8"),
            Self::DataWithoutMethod => ("section 3.1.2.11.10", "section 3.1.2.11.10"),
            Self::Qos3 => ("MQTT-3.3.1-4", "MQTT-3.3.1-4"),
            Self::DuplicateWithQos0 => ("MQTT-3.3.1-2", "MQTT-3.3.1-2"),
            Self::Topic(error) => error.rules(),
            Self::WildcardInResponseTopic(_) => ("MQTT-3.3.2-14", "MQTT-3.3.2-14"),
            Self::ZeroTopicAlias => ("MQTT-3.3.2-8", "MQTT-3.3.2-8"),
            Self::TopicAliasTooHigh { .. } => ("MQTT-3.3.2-9", "MQTT-3.3.2-9"),
            Self::UnknownTopicAlias(_) => ("section 3.3.2.3.4", "section 3.3.2.3.4"),
            Self::SubscriptionIdFromClient => ("MQTT-3.3.4-6", "MQTT-3.3.4-6"),
            Self::QosNotSupported(_) => ("MQTT-3.2.2-11", "MQTT-3.2.2-11"),
            Self::RetainNotSupported => ("MQTT-3.2.2-14", "MQTT-3.2.2-14"),
            Self::EmptySubscribe => ("MQTT-3.8.3-3", "MQTT-3.8.3-2"),
            Self::EmptyUnsubscribe => ("MQTT-3.10.3-2", "MQTT-3.10.3-2"),
            Self::ReservedOptionBits(_) => ("MQTT-3-8.3-4", "MQTT-3.8.3-5"),
            Self::RequestedQos3 => ("MQTT-3-8.3-4", "section 3.8.3.1"),
            Self::RetainHandling3 => ("section 3.8.3.1", "section 3.8.3.1"),
            Self::SharedNoLocal => ("MQTT-3.8.3-4", "MQTT-3.8.3-4"),
            Self::WildcardNotSupported => ("section 3.2.2.3.11", "section 3.2.2.3.11"),
            Self::SubscriptionIdNotSupported => ("section 3.2.2.3.12", "section 3.2.2.3.12"),
            Self::SharedNotSupported => ("section 3.2.2.3.13", "section 3.2.2.3.13"),
            Self::ReasonCode { rule, .. } => (rule, rule),
            Self::UnknownProperty(_) | Self::MisplacedProperty => ("section 2.2.2.2", "section 2.2.2.2"),
            Self::RepeatedProperty { section }
            | Self::ZeroProperty { section }
            | Self::NotABoolean { section, .. } => (section, section),
            Self::UnexpectedAuth => ("MQTT-4.12.0-7", "MQTT-4.12.0-7"),
            Self::AnotherMethod => ("MQTT-4.12.0-5", "MQTT-4.12.0-5"),
            Self::SessionExpiryAfterZero => ("section 3.14.2.2.2", "section 3.14.2.2.2"),
        }
    }
}
