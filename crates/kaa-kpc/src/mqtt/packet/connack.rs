//! CONNACK: the answer to CONNECT.

use crate::mqtt::properties::Properties;
use crate::mqtt::reason::ReasonCode;

/// The server accepts or refuses a session.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnAck {
    /// Whether the server still has the session. A refusal cannot say so.
    pub session_present: bool,
    /// Success, or why not. MQTT 3.1.1 gets the return code that
    /// [means the same](ReasonCode::connect_return_code).
    pub reason: ReasonCode,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

impl ConnAck {
    /// The session is open.
    pub fn accepted(session_present: bool) -> Self {
        Self { session_present, reason: ReasonCode::Success, properties: Properties::default() }
    }

    /// There is no session, and the connection will be closed.
    pub fn refused(reason: ReasonCode) -> Self {
        Self { session_present: false, reason, properties: Properties::default() }
    }
}
