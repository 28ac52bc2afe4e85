//! Why a text is no topic.

use crate::mqtt::reason::ReasonCode;

/// Why a text is no topic name or no topic filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// Nothing.
    #[error("empty; expected at least one character")]
    Empty,
    /// More than a length field can say.
    #[error("a text of {0} bytes; expected at most 65535")]
    TooLong(usize),
    /// U+0000.
    #[error("the text contains U+0000")]
    NullCharacter,
    /// A control character, which a receiver may refuse.
    #[error("the text contains the control character U+{0:04X}")]
    ControlCharacter(u8),
    /// A wildcard in a name.
    #[error("the topic name contains the wildcard {0}")]
    Wildcard(char),
    /// `#` before the last level, or not alone in it.
    #[error("# is neither alone in its level nor the last character; expected both")]
    MultiLevelWildcard,
    /// `+` with something else in its level.
    #[error("+ is not alone in its level")]
    SingleLevelWildcard,
    /// `$share//…`
    #[error("a shared subscription without a share name; expected $share/name/filter")]
    EmptyShareName,
    /// `$share/a+/…`
    #[error("a share name with a wildcard")]
    WildcardInShareName,
    /// `$share/name`, or `$share/name/`
    #[error("a shared subscription without a filter; expected $share/name/filter")]
    ShareWithoutFilter,
}

impl TopicError {
    /// Codes 0x8f and 0x90 are for topics that are well-formed and not accepted. These are not well-formed.
    /// An empty name is called a protocol error by section 3.3.2.1.
    pub(in crate::mqtt) const fn reason(self) -> ReasonCode {
        match self {
            Self::Empty => ReasonCode::ProtocolError,
            _ => ReasonCode::MalformedPacket,
        }
    }

    pub(in crate::mqtt) const fn rules(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("MQTT-4.7.3-1", "MQTT-4.7.3-1"),
            Self::TooLong(_) => ("MQTT-4.7.3-3", "MQTT-4.7.3-3"),
            Self::NullCharacter => ("MQTT-4.7.3-2", "MQTT-4.7.3-2"),
            Self::ControlCharacter(_) => ("section 1.5.3", "section 1.5.4"),
            Self::Wildcard(_) => ("MQTT-3.3.2-2", "MQTT-3.3.2-2"),
            Self::MultiLevelWildcard => ("MQTT-4.7.1-2", "MQTT-4.7.1-1"),
            Self::SingleLevelWildcard => ("MQTT-4.7.1-3", "MQTT-4.7.1-2"),
            Self::EmptyShareName => ("MQTT-4.8.2-1", "MQTT-4.8.2-1"),
            Self::WildcardInShareName | Self::ShareWithoutFilter => ("MQTT-4.8.2-2", "MQTT-4.8.2-2"),
        }
    }
}
