//! Why a session ends, and what the client is told.

use crate::front::Tally;
use crate::mqtt::packet::{Disconnect, ProtocolVersion, ServerPacket};
use crate::mqtt::{Answer, DecodeError, EncodeError, Properties, Property, ReasonCode};

/// Why a session ends.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Ending {
    #[error("the client has disconnected")]
    Left,
    #[error("the connection is gone")]
    Gone,
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    #[error("{0}")]
    Violation(&'static str),
    #[error("more QoS 1 and 2 messages are in flight than the receive maximum allows")]
    ReceiveMaximumExceeded,
    #[error("too many QoS 2 messages wait for their PUBREL")]
    TooManyUnreleased,
    #[error("nothing came for one and a half times the keep alive")]
    Silent,
    #[error("a packet took too long to arrive")]
    SlowPacket,
    #[error("the client does not take what is sent to it")]
    SlowReader,
    #[error("the client takes messages more slowly than they come")]
    Lagged,
    /// For MQTT 3.1.1, which cannot be told otherwise.
    #[error("messages may not have arrived; send them again")]
    Unconfirmed,
    #[error("another connection uses the same client identifier")]
    TakenOver,
    #[error("what this session rests on was revoked")]
    Revoked,
    #[error("the communication service is stopping; connect again")]
    ShuttingDown,
    #[error("a packet for the client cannot be written")]
    Unwritable(#[source] EncodeError),
}

impl Ending {
    /// What is sent before the connection is closed; `None` to close without a word, as MQTT 3.1.1 always
    /// does. The CONNACK is out.
    pub(super) fn farewell(&self, version: ProtocolVersion) -> Option<Answer> {
        if let Self::Malformed(error) = self {
            return error.answer();
        }
        let reason = self.reason()?;
        if version == ProtocolVersion::V311 {
            return None;
        }
        let text = self.to_string();
        let properties = Properties::new([Property::ReasonString(&text)]).unwrap_or_default();
        Some(Answer { version, packet: ServerPacket::Disconnect(Disconnect { reason, properties }) })
    }

    /// Whether the client is there to see how the connection is closed.
    pub(super) fn is_seen(&self) -> bool {
        !matches!(self, Self::Left | Self::Gone | Self::SlowReader)
    }

    pub(super) fn count(&self, tally: &Tally) {
        match self {
            Self::Left | Self::ShuttingDown => {}
            Self::Gone => tally.lost(),
            Self::Malformed(_) | Self::Violation(_) | Self::ReceiveMaximumExceeded => tally.violations(),
            Self::TooManyUnreleased => tally.violations(),
            Self::Silent => tally.silent_clients(),
            Self::SlowPacket => tally.slow_packets(),
            Self::SlowReader | Self::Lagged => tally.slow_readers(),
            Self::Unconfirmed => tally.unconfirmed(),
            Self::TakenOver => tally.taken_over(),
            Self::Revoked => tally.revoked(),
            Self::Unwritable(_) => tally.unwritable(),
        }
    }

    fn reason(&self) -> Option<ReasonCode> {
        Some(match self {
            Self::Left | Self::Gone | Self::SlowReader => return None,
            Self::Malformed(error) => error.reason(),
            Self::Violation(_) => ReasonCode::ProtocolError,
            Self::ReceiveMaximumExceeded => ReasonCode::ReceiveMaximumExceeded,
            Self::TooManyUnreleased | Self::Lagged => ReasonCode::QuotaExceeded,
            Self::Silent => ReasonCode::KeepAliveTimeout,
            Self::SlowPacket | Self::Unconfirmed => ReasonCode::ImplementationSpecificError,
            Self::TakenOver => ReasonCode::SessionTakenOver,
            Self::Revoked => ReasonCode::NotAuthorized,
            Self::ShuttingDown => ReasonCode::ServerShuttingDown,
            Self::Unwritable(_) => ReasonCode::PacketTooLarge,
        })
    }
}

/// Something for the client cannot be written, other than a PUBLISH.
impl From<EncodeError> for Ending {
    fn from(error: EncodeError) -> Self {
        Self::Unwritable(error)
    }
}
