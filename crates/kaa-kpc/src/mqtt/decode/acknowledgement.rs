//! PUBACK, PUBREC, PUBREL and PUBCOMP: the same fields, other reason codes.

use crate::mqtt::packet::{Acknowledgement, ProtocolVersion};
use crate::mqtt::place::Place;
use crate::mqtt::properties::Properties;
use crate::mqtt::reader::{Fault, Reader};
use crate::mqtt::reason::ReasonCode;
use crate::mqtt::violation::Violation;

pub(super) fn decode(
    mut input: Reader<'_>,
    version: ProtocolVersion,
    place: Place,
) -> Result<Acknowledgement, Fault> {
    let packet_id = input.packet_id()?;
    if version == ProtocolVersion::V311 {
        input.end("variable header")?;
        return Ok(Acknowledgement::new(packet_id));
    }
    let (reason, properties) = read_tail(&mut input, place)?;
    input.end("variable header")?;
    Ok(Acknowledgement { packet_id, reason, properties })
}

/// A reason code and properties at the end of an MQTT 5 packet. The properties may be left out when there
/// are none, and the code too when it is success.
pub(super) fn read_tail(input: &mut Reader<'_>, place: Place) -> Result<(ReasonCode, Properties), Fault> {
    let reason = if input.is_empty() { ReasonCode::Success } else { read_reason(input, place)? };
    let properties = if input.is_empty() {
        Properties::default()
    } else {
        Properties::read(input, ProtocolVersion::V5, place)?
    };
    Ok((reason, properties))
}

fn read_reason(input: &mut Reader<'_>, place: Place) -> Result<ReasonCode, Fault> {
    const FIELD: &str = "reason code";
    let code = input.byte(FIELD)?;
    ReasonCode::from_byte(code)
        .filter(|reason| reason.is_allowed_in(place))
        .ok_or_else(|| Fault::new(FIELD, Violation::ReasonCode { code, rule: place.reason_rule() }))
}
