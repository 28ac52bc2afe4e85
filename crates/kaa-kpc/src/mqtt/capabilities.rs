//! What the server announces, and is strict about.

use std::num::NonZeroU32;

use super::packet::Qos;
use super::property::Property;

/// What a server does beyond the minimum.
///
/// One value says both what the CONNACK announces ([`announced`](Self::announced)) and what the
/// [`Decoder`](super::Decoder) insists on, so that the two cannot differ. MQTT 3.1.1 has no way to announce
/// any of it: there only the packet size is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The largest packet that is taken, with its fixed header, in bytes.
    pub maximum_packet_size: NonZeroU32,
    /// The highest QoS that is taken in a PUBLISH or a will. Subscriptions may ask for more.
    pub maximum_qos: Qos,
    /// Whether messages may be retained.
    pub retain: bool,
    /// How many topic aliases the client may use. Each costs memory as long as the connection lives.
    pub topic_alias_maximum: u16,
    /// Whether filters may contain wildcards.
    pub wildcard_subscriptions: bool,
    /// Whether subscriptions may be given identifiers.
    pub subscription_identifiers: bool,
    /// Whether subscriptions may be shared.
    pub shared_subscriptions: bool,
}

/// What every MQTT 5 client may rely on unless it is told otherwise, and packets of at most 256 KiB.
impl Default for Capabilities {
    fn default() -> Self {
        Self {
            maximum_packet_size: const { NonZeroU32::new(256 * 1024).unwrap() },
            maximum_qos: Qos::ExactlyOnce,
            retain: true,
            topic_alias_maximum: 0,
            wildcard_subscriptions: true,
            subscription_identifiers: true,
            shared_subscriptions: true,
        }
    }
}

impl Capabilities {
    /// The properties that an MQTT 5 CONNACK has to carry.
    pub fn announced(&self) -> impl Iterator<Item = Property<'static>> {
        [
            Some(Property::MaximumPacketSize(self.maximum_packet_size)),
            (self.maximum_qos < Qos::ExactlyOnce).then_some(Property::MaximumQos(self.maximum_qos)),
            (!self.retain).then_some(Property::RetainAvailable(false)),
            (self.topic_alias_maximum > 0).then_some(Property::TopicAliasMaximum(self.topic_alias_maximum)),
            (!self.wildcard_subscriptions).then_some(Property::WildcardSubscriptionAvailable(false)),
            (!self.subscription_identifiers).then_some(Property::SubscriptionIdentifierAvailable(false)),
            (!self.shared_subscriptions).then_some(Property::SharedSubscriptionAvailable(false)),
        ]
        .into_iter()
        .flatten()
    }
}
