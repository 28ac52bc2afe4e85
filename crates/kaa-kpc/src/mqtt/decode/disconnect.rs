//! DISCONNECT and AUTH.

use super::acknowledgement::read_tail;
use super::connect::Established;
use crate::mqtt::packet::{Auth, Disconnect, ProtocolVersion};
use crate::mqtt::place::Place;
use crate::mqtt::property::Property;
use crate::mqtt::reader::{Fault, Reader};
use crate::mqtt::reason::ReasonCode;
use crate::mqtt::violation::Violation;

pub(super) fn decode(mut input: Reader<'_>, established: &Established) -> Result<Disconnect, Fault> {
    if established.version == ProtocolVersion::V311 {
        input.end("fixed header")?;
        return Ok(Disconnect::new(ReasonCode::Success));
    }
    let (reason, properties) = read_tail(&mut input, Place::DisconnectIn)?;
    input.end("variable header")?;
    let disconnect = Disconnect { reason, properties };
    if established.ends_with_connection
        && disconnect.session_expiry_interval().is_some_and(|seconds| seconds > 0)
    {
        return Err(Fault::new("session expiry interval", Violation::SessionExpiryAfterZero));
    }
    Ok(disconnect)
}

pub(super) fn decode_auth(mut input: Reader<'_>, established: &Established) -> Result<Auth, Fault> {
    let Some(expected) = &established.authentication_method else {
        return Err(Fault::new("packet type", Violation::UnexpectedAuth));
    };
    // An AUTH of nothing means success, which only a server can say.
    if input.is_empty() {
        let violation =
            Violation::ReasonCode { code: ReasonCode::Success.byte(), rule: Place::AuthIn.reason_rule() };
        return Err(Fault::new("reason code", violation));
    }
    let (reason, properties) = read_tail(&mut input, Place::AuthIn)?;
    input.end("variable header")?;
    let method = properties.find(|property| match property {
        Property::AuthenticationMethod(method) => Some(method),
        _ => None,
    });
    if method != Some(expected) {
        return Err(Fault::new("authentication method", Violation::AnotherMethod));
    }
    Ok(Auth { reason, properties })
}
