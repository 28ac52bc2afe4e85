//! CONNECT: who comes, and what it expects.

use bytes::Bytes;
use bytestring::ByteString;

use super::{ProtocolVersion, Qos};
use crate::mqtt::properties::Properties;
use crate::mqtt::property::Property;
use crate::mqtt::topic::TopicName;

/// A client opens a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Connect {
    /// The version that is spoken on this connection.
    pub version: ProtocolVersion,
    /// The name of the session; when it is empty, the server finds one.
    pub client_id: ByteString,
    /// Clean session in MQTT 3.1.1, clean start in MQTT 5: forget what was before.
    pub clean: bool,
    /// How often the client is heard at least, in seconds; 0 means that it does not promise anything.
    pub keep_alive: u16,
    /// What is to be published when the client is gone.
    pub will: Option<Will>,
    /// Who the client says it is.
    pub credentials: Credentials,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

/// A message that a client leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Will {
    /// What it is published to.
    pub topic: TopicName,
    /// The message.
    pub payload: Bytes,
    /// Its quality of service.
    pub qos: Qos,
    /// Whether the server is to keep it.
    pub retain: bool,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

/// User name and password, as they were sent. Neither is shown in debug output.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub user_name: Option<ByteString>,
    /// The password; with MQTT 5 it may come alone.
    pub password: Option<Bytes>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user_name, password } = self;
        write!(f, "Credentials {{ user_name: {}, password: {} }}", shown(user_name), shown(password))
    }
}

fn shown<T>(secret: &Option<T>) -> &'static str {
    if secret.is_some() { "sent" } else { "none" }
}

impl Connect {
    /// How long the session outlives the connection, in seconds; `u32::MAX` means forever, which is also
    /// what MQTT 3.1.1 means by a session that is not clean.
    pub fn session_expiry_interval(&self) -> u32 {
        match self.version {
            ProtocolVersion::V311 if self.clean => 0,
            ProtocolVersion::V311 => u32::MAX,
            ProtocolVersion::V5 => {
                let seconds = self.properties.find(|property| match property {
                    Property::SessionExpiryInterval(seconds) => Some(seconds),
                    _ => None,
                });
                seconds.unwrap_or(0)
            }
        }
    }

    /// How many QoS 1 and 2 messages the client is ready to have in flight.
    pub fn receive_maximum(&self) -> u16 {
        let maximum = self.properties.find(|property| match property {
            Property::ReceiveMaximum(maximum) => Some(maximum.get()),
            _ => None,
        });
        maximum.unwrap_or(u16::MAX)
    }

    /// The largest packet that the client takes, in bytes.
    pub fn maximum_packet_size(&self) -> u32 {
        let size = self.properties.find(|property| match property {
            Property::MaximumPacketSize(size) => Some(size.get()),
            _ => None,
        });
        size.unwrap_or(u32::MAX)
    }

    /// Whether the client wants reason strings and user properties with every packet; otherwise it gets
    /// them with CONNACK, PUBLISH and DISCONNECT only.
    pub fn request_problem_information(&self) -> bool {
        let request = self.properties.find(|property| match property {
            Property::RequestProblemInformation(request) => Some(request),
            _ => None,
        });
        request.unwrap_or(true)
    }

    /// The method of the enhanced authentication that the client wants.
    pub fn authentication_method(&self) -> Option<&str> {
        self.properties.find(|property| match property {
            Property::AuthenticationMethod(method) => Some(method),
            _ => None,
        })
    }
}
