//! The rules that a server's packet can break.

use super::EncodeError;
use crate::mqtt::packet::{ProtocolVersion, ServerPacket};
use crate::mqtt::place::Place;
use crate::mqtt::properties::Properties;
use crate::mqtt::reason::ReasonCode;

/// Checks everything but the properties.
pub(super) fn check(packet: &ServerPacket, version: ProtocolVersion) -> Result<(), EncodeError> {
    check_reasons(packet)?;
    match packet {
        ServerPacket::ConnAck(connack) => {
            if connack.session_present && connack.reason != ReasonCode::Success {
                return Err(EncodeError::SessionOfRefusal { reason: connack.reason });
            }
            let has_code = version == ProtocolVersion::V5 || connack.reason.connect_return_code().is_some();
            if has_code { Ok(()) } else { Err(unspeakable(packet, connack.reason)) }
        }
        ServerPacket::PubAck(acknowledgement)
        | ServerPacket::PubRec(acknowledgement)
        | ServerPacket::PubRel(acknowledgement)
        | ServerPacket::PubComp(acknowledgement)
            if version == ProtocolVersion::V311 && acknowledgement.reason.is_failure() =>
        {
            Err(unspeakable(packet, acknowledgement.reason))
        }
        ServerPacket::Disconnect(disconnect) if version == ProtocolVersion::V311 => {
            Err(unspeakable(packet, disconnect.reason))
        }
        _ => Ok(()),
    }
}

/// MQTT 3.1.1 has no bytes for it.
fn unspeakable(packet: &ServerPacket, reason: ReasonCode) -> EncodeError {
    EncodeError::NotInMqtt311 { packet: packet.packet_type(), reason }
}

fn check_reasons(packet: &ServerPacket) -> Result<(), EncodeError> {
    let (place, reasons) = match packet {
        ServerPacket::Publish(_) | ServerPacket::PingResp => return Ok(()),
        ServerPacket::ConnAck(packet) => (Place::ConnAck, std::slice::from_ref(&packet.reason)),
        ServerPacket::PubAck(packet) => (Place::PubAck, std::slice::from_ref(&packet.reason)),
        ServerPacket::PubRec(packet) => (Place::PubRec, std::slice::from_ref(&packet.reason)),
        ServerPacket::PubRel(packet) => (Place::PubRel, std::slice::from_ref(&packet.reason)),
        ServerPacket::PubComp(packet) => (Place::PubComp, std::slice::from_ref(&packet.reason)),
        ServerPacket::Disconnect(packet) => (Place::DisconnectOut, std::slice::from_ref(&packet.reason)),
        ServerPacket::SubAck(packet) => (Place::SubAck, packet.reasons.as_slice()),
        ServerPacket::UnsubAck(packet) => (Place::UnsubAck, packet.reasons.as_slice()),
    };
    if reasons.is_empty() {
        return Err(EncodeError::NoReasonCodes { packet: packet.packet_type() });
    }
    match reasons.iter().find(|reason| !reason.is_allowed_in(place)) {
        Some(reason) => Err(EncodeError::ReasonCode {
            packet: packet.packet_type(),
            reason: *reason,
            rule: place.reason_rule(),
        }),
        None => Ok(()),
    }
}

/// Whether the properties may stand at `place`. MQTT 3.1.1 does not get any, so there is nothing to check.
pub(super) fn check_properties(
    properties: &Properties,
    place: Place,
    version: ProtocolVersion,
) -> Result<(), EncodeError> {
    if version == ProtocolVersion::V311 || properties.is_empty() {
        return Ok(());
    }
    let mut seen = 0_u64;
    for property in properties.iter() {
        let name = property.name();
        if !property.is_allowed_in(place) {
            return Err(EncodeError::MisplacedProperty { property: name, section: place.section() });
        }
        let bit = 1 << property.id();
        if seen & bit != 0 && !property.is_repeatable_in(place) {
            return Err(EncodeError::RepeatedProperty { property: name, section: place.section() });
        }
        seen |= bit;
    }
    Ok(())
}
