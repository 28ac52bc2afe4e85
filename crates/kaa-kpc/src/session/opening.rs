//! CONNECT and CONNACK: what a client asks for, and what it gets.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use crate::identity::clients::Denied;
use crate::limits::Limits;
use crate::mqtt::packet::{ConnAck, Connect, ProtocolVersion, Qos, ServerPacket};
use crate::mqtt::{Capabilities, Properties, Property, ReasonCode};

use super::registry::Refused;

/// A CONNECT that can be accepted, if its client may connect.
#[derive(Debug)]
pub(super) struct Opening {
    /// The name of the session.
    pub(super) client_id: Arc<str>,
    /// In seconds; 0 for none.
    pub(super) keep_alive: u16,
    /// How many QoS 1 messages the client may have to acknowledge.
    pub(super) window: u16,
    is_assigned: bool,
    /// The server wants another keep alive than the client.
    is_overruled: bool,
    wants_to_last: bool,
}

/// A CONNECT that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(super) struct Refusal {
    pub(super) reason: ReasonCode,
    pub(super) text: String,
}

impl Opening {
    /// Judges a CONNECT, as far as that is possible without knowing the client.
    pub(super) fn judge(connect: &Connect, limits: &Limits) -> Result<Self, Refusal> {
        if let Some(method) = connect.authentication_method() {
            let method: String = method.chars().take(32).collect();
            let text = format!("there is no authentication method {method:?} here; use a password");
            return Err(Refusal { reason: ReasonCode::BadAuthenticationMethod, text });
        }
        let (len, limit) = (connect.client_id.len(), limits.client_id);
        if len > limit {
            let text = format!("a client identifier of {len} bytes; expected at most {limit}");
            return Err(Refusal { reason: ReasonCode::ClientIdentifierNotValid, text });
        }
        // Of an MQTT 3.1.1 client without a name the session is clean: the codec has seen to that.
        let is_assigned = connect.client_id.is_empty();
        let longest = longest_keep_alive(limits);
        let wants_less = connect.keep_alive == 0 || connect.keep_alive > longest;
        let is_overruled = wants_less && connect.version == ProtocolVersion::V5;
        Ok(Self {
            client_id: if is_assigned { assigned() } else { Arc::from(&*connect.client_id) },
            keep_alive: if is_overruled { longest } else { connect.keep_alive },
            window: connect.receive_maximum().min(limits.in_flight.get()),
            is_assigned,
            is_overruled,
            wants_to_last: connect.session_expiry_interval() > 0,
        })
    }

    /// The session is open. It is a new one, whatever the client has asked for: nothing outlives a
    /// connection here, and MQTT 5 is told so [MQTT-3.2.2-2, MQTT-3.2.2-3].
    pub(super) fn accept(&self, limits: &Limits) -> ServerPacket {
        let mut properties: Vec<Property<'_>> = announced(limits, limits.packet).announced().collect();
        properties.push(Property::ReceiveMaximum(limits.in_flight));
        properties.extend(self.is_assigned.then_some(Property::AssignedClientIdentifier(&self.client_id)));
        properties.extend(self.is_overruled.then_some(Property::ServerKeepAlive(self.keep_alive)));
        properties.extend(self.wants_to_last.then_some(Property::SessionExpiryInterval(0)));
        // Short texts of ours and numbers are always writable.
        let properties = Properties::new(properties).unwrap_or_default();
        ServerPacket::ConnAck(ConnAck { properties, ..ConnAck::accepted(false) })
    }
}

impl Refusal {
    pub(super) fn connack(&self) -> ServerPacket {
        let properties = Properties::new([Property::ReasonString(&self.text)]).unwrap_or_default();
        ServerPacket::ConnAck(ConnAck { properties, ..ConnAck::refused(self.reason) })
    }

    /// The client is not served now, whoever it is.
    pub(super) fn busy(text: &str) -> Self {
        Self { reason: ReasonCode::ServerBusy, text: text.to_owned() }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let reason = match denied {
            Denied::Credentials => ReasonCode::BadUserNameOrPassword,
            Denied::TooMany { .. } => ReasonCode::ConnectionRateExceeded,
            Denied::Unavailable => ReasonCode::ServerUnavailable,
        };
        Self { reason, text: denied.to_string() }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self { reason: refused.reason(), text: refused.to_string() }
    }
}

/// What a client may do that takes packets of at most `packet` bytes to us.
pub(super) fn announced(limits: &Limits, packet: std::num::NonZeroU32) -> Capabilities {
    Capabilities {
        maximum_packet_size: packet,
        maximum_qos: Qos::ExactlyOnce,
        retain: false,
        topic_alias_maximum: limits.topic_aliases,
        wildcard_subscriptions: true,
        subscription_identifiers: false,
        shared_subscriptions: false,
    }
}

/// The longest keep alive, in seconds, of which one and a half fit the time that a client may be silent.
fn longest_keep_alive(limits: &Limits) -> u16 {
    let longest = limits.silence.min(Duration::from_secs(u64::from(u16::MAX))) * 2 / 3;
    u16::try_from(longest.as_secs()).unwrap_or(u16::MAX).max(1)
}

/// A name that nobody has: 128 random bits.
fn assigned() -> Arc<str> {
    // Every `RandomState` of a thread is keyed differently, from the system's randomness.
    let random = || RandomState::new().hash_one(());
    format!("kpc-{:016x}{:016x}", random(), random()).into()
}

#[cfg(test)]
#[path = "tests/opening.rs"]
mod tests;
