//! PUBLISH: the packet that everything is about.

use bytestring::ByteString;

use super::connect::Established;
use crate::mqtt::capabilities::Capabilities;
use crate::mqtt::packet::{Delivery, ProtocolVersion, Publish, Qos};
use crate::mqtt::place::Place;
use crate::mqtt::properties::Properties;
use crate::mqtt::property::Property;
use crate::mqtt::reader::{Fault, Reader};
use crate::mqtt::topic::{TopicError, TopicName};
use crate::mqtt::violation::Violation;

const TOPIC: &str = "topic name";

pub(super) fn decode(
    flags: u8,
    mut input: Reader<'_>,
    capabilities: &Capabilities,
    established: &mut Established,
) -> Result<Publish, Fault> {
    let (duplicate, retain) = (flags & 0b1000 != 0, flags & 0b0001 != 0);
    let Some(qos) = Qos::from_bits(flags >> 1) else {
        return Err(Fault::new("flags", Violation::Qos3));
    };
    if duplicate && qos == Qos::AtMostOnce {
        return Err(Fault::new("flags", Violation::DuplicateWithQos0));
    }
    if established.version == ProtocolVersion::V5 {
        capabilities.check(qos, retain)?;
    }
    let topic = read_topic(&mut input, TOPIC)?;
    let delivery = match qos {
        Qos::AtMostOnce => Delivery::AtMostOnce,
        Qos::AtLeastOnce => Delivery::AtLeastOnce { packet_id: input.packet_id()?, duplicate },
        Qos::ExactlyOnce => Delivery::ExactlyOnce { packet_id: input.packet_id()?, duplicate },
    };
    let properties = Properties::read(&mut input, established.version, Place::PublishIn)?;
    let topic = match topic_alias(&properties)? {
        Some(alias) => established.aliases.resolve(alias, topic, capabilities.topic_alias_maximum)?,
        None => topic.ok_or_else(|| Fault::new(TOPIC, Violation::Topic(TopicError::Empty)))?,
    };
    Ok(Publish { delivery, retain, topic, payload: input.shared(input.rest()), properties })
}

/// A topic name, sharing the buffer; `None` when it is empty.
pub(super) fn read_topic(input: &mut Reader<'_>, field: &'static str) -> Result<Option<TopicName>, Fault> {
    let bytes = input.shared_bytes(field)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = ByteString::try_from(bytes).map_err(|_| Fault::new(field, Violation::IllFormedUtf8))?;
    TopicName::new(text).map(Some).map_err(|error| Fault::new(field, Violation::Topic(error)))
}

/// The alias. What else the properties of a client's PUBLISH may not have is judged on the way.
fn topic_alias(properties: &Properties) -> Result<Option<u16>, Fault> {
    let mut alias = None;
    for property in properties.iter() {
        match property {
            Property::TopicAlias(number) => alias = Some(number),
            Property::SubscriptionIdentifier(_) => {
                return Err(Fault::new(property.name(), Violation::SubscriptionIdFromClient));
            }
            _ => {}
        }
    }
    Ok(alias)
}
