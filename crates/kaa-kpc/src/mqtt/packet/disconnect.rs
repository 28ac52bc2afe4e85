//! DISCONNECT and AUTH: a reason and properties.

use crate::mqtt::properties::Properties;
use crate::mqtt::property::Property;
use crate::mqtt::reason::ReasonCode;

/// The sender goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Disconnect {
    /// Why; always success from a client of MQTT 3.1.1.
    pub reason: ReasonCode,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

impl Disconnect {
    /// A reason without properties.
    pub fn new(reason: ReasonCode) -> Self {
        Self { reason, properties: Properties::default() }
    }

    /// How long the session outlives the connection, in seconds, if the client has changed its mind.
    pub fn session_expiry_interval(&self) -> Option<u32> {
        self.properties.find(|property| match property {
            Property::SessionExpiryInterval(seconds) => Some(seconds),
            _ => None,
        })
    }
}

/// A step of an enhanced authentication.
#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    /// Continue, or start again.
    pub reason: ReasonCode,
    /// The method of the CONNECT among them.
    pub properties: Properties,
}
