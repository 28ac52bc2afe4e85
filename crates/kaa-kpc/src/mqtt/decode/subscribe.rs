//! SUBSCRIBE and UNSUBSCRIBE.

use crate::mqtt::capabilities::Capabilities;
use crate::mqtt::packet::{
    FILTER, Filters, ProtocolVersion, Subscribe, Subscription, Subscriptions, Unsubscribe,
};
use crate::mqtt::place::Place;
use crate::mqtt::properties::Properties;
use crate::mqtt::property::Property;
use crate::mqtt::reader::{Fault, Reader};
use crate::mqtt::violation::Violation;

pub(super) fn decode(
    mut input: Reader<'_>,
    version: ProtocolVersion,
    capabilities: &Capabilities,
) -> Result<Subscribe, Fault> {
    let packet_id = input.packet_id()?;
    let properties = Properties::read(&mut input, version, Place::Subscribe)?;
    let announced = (version == ProtocolVersion::V5).then_some(capabilities);
    if let Some(capabilities) = announced {
        capabilities.check_subscribe(&properties)?;
    }
    let subscriptions = Subscriptions::read(input, version, |subscription| match announced {
        Some(capabilities) => capabilities.check_subscription(subscription),
        None => Ok(()),
    })?;
    Ok(Subscribe { packet_id, subscriptions, properties })
}

pub(super) fn decode_unsubscribe(
    mut input: Reader<'_>,
    version: ProtocolVersion,
) -> Result<Unsubscribe, Fault> {
    let packet_id = input.packet_id()?;
    let properties = Properties::read(&mut input, version, Place::Unsubscribe)?;
    Ok(Unsubscribe { packet_id, filters: Filters::read(input, version)?, properties })
}

impl Capabilities {
    fn check_subscribe(&self, properties: &Properties) -> Result<(), Fault> {
        if self.subscription_identifiers {
            return Ok(());
        }
        for property in properties.iter() {
            if matches!(property, Property::SubscriptionIdentifier(_)) {
                return Err(Fault::new(property.name(), Violation::SubscriptionIdNotSupported));
            }
        }
        Ok(())
    }

    fn check_subscription(&self, subscription: &Subscription<'_>) -> Result<(), Fault> {
        if !self.shared_subscriptions && subscription.filter.share_name().is_some() {
            return Err(Fault::new(FILTER, Violation::SharedNotSupported));
        }
        if !self.wildcard_subscriptions && subscription.filter.has_wildcard() {
            return Err(Fault::new(FILTER, Violation::WildcardNotSupported));
        }
        Ok(())
    }
}
