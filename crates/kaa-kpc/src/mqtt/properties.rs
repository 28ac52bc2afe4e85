//! The properties of one packet.

use std::fmt;

use bytes::Bytes;

use super::encode::EncodeError;
use super::packet::ProtocolVersion;
use super::place::Place;
use super::property::Property;
use super::reader::{Fault, Reader};
use super::topic::{self, TopicError};
use super::violation::Violation;

/// The properties of a packet, in order; always none with MQTT 3.1.1.
///
/// They stay as they are on the wire: a packet with thousands of user properties takes no more memory
/// than it took bytes. All were checked when they were read, so looking at them cannot fail.
///
/// ```
/// use kaa_kpc::mqtt::{Properties, Property};
///
/// let properties = Properties::new([Property::ServerKeepAlive(60), Property::ReasonString("welcome")])?;
/// let keep_alive = properties.find(|property| match property {
///     Property::ServerKeepAlive(seconds) => Some(seconds),
///     _ => None,
/// });
/// assert_eq!(keep_alive, Some(60));
/// # Ok::<(), kaa_kpc::mqtt::EncodeError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties {
    wire: Bytes,
}

impl Properties {
    /// These properties.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Value`] when one has a value that the wire cannot carry.
    pub fn new<'a>(properties: impl IntoIterator<Item = Property<'a>>) -> Result<Self, EncodeError> {
        let mut wire = Vec::new();
        for property in properties {
            let name = property.name();
            let value = |problem| EncodeError::Value { property: name, problem };
            if let Property::ResponseTopic(topic) = property {
                topic::check_name(topic).map_err(|error| value(error.into()))?;
            }
            property.write(&mut wire).map_err(value)?;
        }
        Ok(Self { wire: wire.into() })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.wire.is_empty()
    }

    /// The properties, in order.
    pub fn iter(&self) -> impl Iterator<Item = Property<'_>> {
        self.entries().map(|(property, _)| property)
    }

    /// What `pick` takes from the first property that it takes something from.
    pub fn find<'a, T>(&'a self, pick: impl FnMut(Property<'a>) -> Option<T>) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        self.entries().map(|(property, _)| property).find_map(pick)
    }

    /// All of them, one after the other.
    pub(super) fn wire(&self) -> &Bytes {
        &self.wire
    }

    /// The properties, each with its bytes.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Property<'_>, &[u8])> {
        let mut input = Reader::new(&self.wire);
        std::iter::from_fn(move || {
            let before = input.rest();
            // Checked when they were read or made.
            let property = Property::read_checked(&mut input)?;
            let entry = before.get(..before.len() - input.rest().len())?;
            Some((property, entry))
        })
    }

    /// Reads the property length and the properties of `place`; there is nothing to read with MQTT 3.1.1.
    pub(super) fn read(
        input: &mut Reader<'_>,
        version: ProtocolVersion,
        place: Place,
    ) -> Result<Self, Fault> {
        if version == ProtocolVersion::V311 {
            return Ok(Self::default());
        }
        let len = input.varint("property length")?;
        if len == 0 {
            return Ok(Self::default());
        }
        let mut input = input.part(usize::try_from(len).unwrap_or(usize::MAX), "properties")?;
        let wire = input.shared(input.rest());
        let mut seen = 0_u64;
        while !input.is_empty() {
            let property = Property::read(&mut input, place)?;
            let bit = 1 << property.id();
            if seen & bit != 0 && !property.is_repeatable_in(place) {
                let violation = Violation::RepeatedProperty { section: place.section() };
                return Err(Fault::new(property.name(), violation));
            }
            seen |= bit;
            check_response_topic(&property)?;
        }
        Ok(Self { wire })
    }
}

/// A response topic is a topic name; that is the only value that a type cannot check alone.
fn check_response_topic(property: &Property<'_>) -> Result<(), Fault> {
    let Property::ResponseTopic(topic) = property else { return Ok(()) };
    topic::check_name(topic).map_err(|error| {
        let violation = match error {
            TopicError::Wildcard(wildcard) => Violation::WildcardInResponseTopic(wildcard),
            error => Violation::Topic(error),
        };
        Fault::new(property.name(), violation)
    })
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
