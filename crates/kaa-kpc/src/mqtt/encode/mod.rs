//! From packets to bytes.

mod body;
mod check;
mod error;
mod section;

use bytes::{BufMut, BytesMut};

use super::packet::{Connect, ProtocolVersion, ServerPacket};
use super::place::Place;
use super::properties::Properties;
use super::reader::Varint;
use body::{Count, write_body};
use section::{Kept, Section};

pub use error::EncodeError;

/// Writes packets for one client.
#[derive(Debug, Clone, Copy)]
pub struct Encoder {
    version: ProtocolVersion,
    maximum_packet_size: u32,
    request_problem_information: bool,
}

impl Encoder {
    /// For a client of which nothing is known but its version.
    pub fn new(version: ProtocolVersion) -> Self {
        Self { version, maximum_packet_size: u32::MAX, request_problem_information: true }
    }

    /// For a client with the wishes of this CONNECT.
    pub fn for_client(connect: &Connect) -> Self {
        Self {
            version: connect.version,
            maximum_packet_size: connect.maximum_packet_size(),
            request_problem_information: connect.request_problem_information(),
        }
    }

    /// Writes a packet behind `output`, which grows once, to the exact size.
    ///
    /// A reason string and user properties are left out when the client has asked for that
    /// [MQTT-3.1.2-29], or when the packet would be larger than the client takes: the user properties
    /// first, the reason string if that is not enough. In a PUBLISH they are part of the message and stay.
    ///
    /// # Errors
    ///
    /// A rule that the packet breaks; nothing is written then. [`EncodeError::TooLarge`] is special: the
    /// packet is right, but too large for this client. A PUBLISH is to be dropped and counted as sent
    /// [MQTT-3.1.2-25].
    pub fn encode(&self, packet: &ServerPacket, output: &mut BytesMut) -> Result<(), EncodeError> {
        let none = Properties::default();
        let (place, properties) = match packet.properties() {
            Some((place, properties)) => (place, properties),
            None => (Place::ConnAck, &none),
        };
        check::check(packet, self.version)?;
        check::check_properties(properties, place, self.version)?;

        let mut kept = self.kept_in(place);
        let (section, remaining) = loop {
            let section = Section::new(properties, self.version, kept);
            let mut count = Count::default();
            write_body(packet, self.version, &section, &mut count);
            match (self.fit(count.bytes()), kept.less()) {
                (Ok(remaining), _) => break (section, remaining),
                (Err(_), Some(less)) if place != Place::PublishOut => kept = less,
                (Err(size), _) => {
                    let limit = self.maximum_packet_size;
                    return Err(EncodeError::TooLarge { packet: packet.packet_type(), size, limit });
                }
            }
        };
        output.reserve(total(remaining));
        output.put_u8(packet.packet_type().first_byte(packet.flags()));
        for byte in Varint::bytes(remaining) {
            output.put_u8(byte);
        }
        write_body(packet, self.version, &section, output);
        Ok(())
    }

    /// What the client wants to have at this place.
    fn kept_in(&self, place: Place) -> Kept {
        match place {
            Place::ConnAck | Place::PublishOut | Place::DisconnectOut => Kept::All,
            _ if self.request_problem_information => Kept::All,
            _ => Kept::Bare,
        }
    }

    /// The remaining length of a packet with a body of `size` bytes, or the total size of one that the
    /// client does not take.
    fn fit(&self, size: usize) -> Result<u32, usize> {
        let remaining = u32::try_from(size).ok().filter(|remaining| *remaining <= Varint::MAX);
        let limit = usize::try_from(self.maximum_packet_size).unwrap_or(usize::MAX);
        match remaining {
            Some(remaining) if total(remaining) <= limit => Ok(remaining),
            Some(remaining) => Err(total(remaining)),
            None => Err(size.saturating_add(5)),
        }
    }
}

/// The size of a packet with its fixed header, in bytes.
fn total(remaining: u32) -> usize {
    1 + Varint::size(remaining) + usize::try_from(remaining).unwrap_or(usize::MAX - 5)
}

impl ServerPacket {
    /// The properties, and where they stand.
    fn properties(&self) -> Option<(Place, &Properties)> {
        Some(match self {
            Self::ConnAck(packet) => (Place::ConnAck, &packet.properties),
            Self::Publish(packet) => (Place::PublishOut, &packet.properties),
            Self::PubAck(packet) => (Place::PubAck, &packet.properties),
            Self::PubRec(packet) => (Place::PubRec, &packet.properties),
            Self::PubRel(packet) => (Place::PubRel, &packet.properties),
            Self::PubComp(packet) => (Place::PubComp, &packet.properties),
            Self::SubAck(packet) => (Place::SubAck, &packet.properties),
            Self::UnsubAck(packet) => (Place::UnsubAck, &packet.properties),
            Self::Disconnect(packet) => (Place::DisconnectOut, &packet.properties),
            Self::PingResp => return None,
        })
    }

    /// The lower half of the first byte.
    fn flags(&self) -> u8 {
        match self {
            Self::Publish(publish) => {
                let duplicate = u8::from(publish.delivery.is_duplicate());
                duplicate << 3 | publish.delivery.qos().bits() << 1 | u8::from(publish.retain)
            }
            _ => self.packet_type().flags(),
        }
    }
}
