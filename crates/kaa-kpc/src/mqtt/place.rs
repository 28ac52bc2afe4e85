//! Where a property or a reason code may stand.

/// A packet with a direction, as far as the tables of properties and reason codes tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Connect,
    Will,
    /// From client to server.
    PublishIn,
    /// From server to client.
    PublishOut,
    PubAck,
    PubRec,
    PubRel,
    PubComp,
    Subscribe,
    Unsubscribe,
    /// From client to server.
    DisconnectIn,
    /// From server to client.
    DisconnectOut,
    /// From client to server. This server sends none.
    AuthIn,
    ConnAck,
    SubAck,
    UnsubAck,
}

impl Place {
    /// The place as a member of a set.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Where MQTT 5 describes the properties of this place.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::Connect => "section 3.1.2.11",
            Self::Will => "section 3.1.3.2",
            Self::PublishIn | Self::PublishOut => "section 3.3.2.3",
            Self::PubAck => "section 3.4.2.2",
            Self::PubRec => "section 3.5.2.2",
            Self::PubRel => "section 3.6.2.2",
            Self::PubComp => "section 3.7.2.2",
            Self::Subscribe => "section 3.8.2.1",
            Self::Unsubscribe => "section 3.10.2.1",
            Self::DisconnectIn | Self::DisconnectOut => "section 3.14.2.2",
            Self::AuthIn => "section 3.15.2.2",
            Self::ConnAck => "section 3.2.2.3",
            Self::SubAck => "section 3.9.2.1",
            Self::UnsubAck => "section 3.11.2.1",
        }
    }

    /// The rule that asks for one of the reason codes of this place.
    pub(super) const fn reason_rule(self) -> &'static str {
        match self {
            Self::PubAck => "MQTT-3.4.2-1",
            Self::PubRec => "MQTT-3.5.2-1",
            Self::PubRel => "MQTT-3.6.2-1",
            Self::PubComp => "MQTT-3.7.2-1",
            Self::DisconnectIn | Self::DisconnectOut => "MQTT-3.14.2-1",
            Self::AuthIn => "MQTT-3.15.2-1",
            Self::ConnAck => "MQTT-3.2.2-8",
            Self::SubAck => "MQTT-3.9.3-2",
            Self::UnsubAck => "MQTT-3.11.3-2",
            // These have no reason code.
            Self::Connect
            | Self::Will
            | Self::PublishIn
            | Self::PublishOut
            | Self::Subscribe
            | Self::Unsubscribe => "section 2.4",
        }
    }
}
