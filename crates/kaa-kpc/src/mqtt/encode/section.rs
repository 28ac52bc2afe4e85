//! The properties that a packet carries in the end.

use super::body::Sink;
use crate::mqtt::packet::ProtocolVersion;
use crate::mqtt::properties::Properties;
use crate::mqtt::property::Property;
use crate::mqtt::reader::Varint;

/// What is kept of what explains a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    All,
    /// No user properties.
    ReasonString,
    /// Neither user properties nor a reason string.
    Bare,
}

impl Kept {
    /// The next step down.
    pub(super) fn less(self) -> Option<Self> {
        match self {
            Self::All => Some(Self::ReasonString),
            Self::ReasonString => Some(Self::Bare),
            Self::Bare => None,
        }
    }

    fn keeps(self, property: &Property<'_>) -> bool {
        match property {
            Property::UserProperty(_) => self == Self::All,
            Property::ReasonString(_) => self != Self::Bare,
            _ => true,
        }
    }
}

/// The property length and the properties.
pub(super) struct Section<'a> {
    properties: &'a Properties,
    kept: Kept,
    /// Without the length itself; `None` in MQTT 3.1.1, which has no such section.
    size: Option<usize>,
}

impl<'a> Section<'a> {
    pub(super) fn new(properties: &'a Properties, version: ProtocolVersion, kept: Kept) -> Self {
        let size = match (version, kept) {
            (ProtocolVersion::V311, _) => None,
            (ProtocolVersion::V5, Kept::All) => Some(properties.wire().len()),
            (ProtocolVersion::V5, kept) => {
                let entries = properties.entries().filter(|(property, _)| kept.keeps(property));
                Some(entries.map(|(_, entry)| entry.len()).sum())
            }
        };
        Self { properties, kept, size }
    }

    /// Whether no property is left.
    pub(super) fn is_empty(&self) -> bool {
        self.size.unwrap_or(0) == 0
    }

    pub(super) fn write(&self, sink: &mut impl Sink) {
        let Some(size) = self.size else { return };
        // Larger than a length can say is larger than any packet, and was refused by its size.
        for byte in Varint::bytes(u32::try_from(size).unwrap_or(Varint::MAX)) {
            sink.byte(byte);
        }
        if self.kept == Kept::All {
            sink.slice(self.properties.wire());
            return;
        }
        for (property, entry) in self.properties.entries() {
            if self.kept.keeps(&property) {
                sink.slice(entry);
            }
        }
    }
}
