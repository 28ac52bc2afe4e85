//! CONNECT: the version first, everything else follows.

use bytestring::ByteString;

use super::aliases::Aliases;
use super::header::{Header, check_minimal};
use super::publish::read_topic;
use crate::mqtt::capabilities::Capabilities;
use crate::mqtt::packet::{Connect, Credentials, ProtocolVersion, Qos, Will};
use crate::mqtt::place::Place;
use crate::mqtt::properties::Properties;
use crate::mqtt::property::Property;
use crate::mqtt::reader::{Fault, Reader};
use crate::mqtt::topic::TopicError;
use crate::mqtt::violation::Violation;

/// What the CONNECT has settled for the packets after it.
#[derive(Debug)]
pub(super) struct Established {
    pub(super) version: ProtocolVersion,
    /// The method that AUTH has to repeat.
    pub(super) authentication_method: Option<ByteString>,
    /// Whether the session ends with the connection, which DISCONNECT cannot change.
    pub(super) ends_with_connection: bool,
    pub(super) aliases: Aliases,
}

impl Established {
    pub(super) fn by(connect: &Connect) -> Self {
        Self {
            version: connect.version,
            authentication_method: connect.authentication_method().map(ByteString::from),
            ends_with_connection: connect.session_expiry_interval() == 0,
            aliases: Aliases::default(),
        }
    }
}

/// Protocol name and level. MQTT 3.1 has another name, and is known only to be refused properly.
pub(super) fn read_version(input: &mut Reader<'_>) -> Result<ProtocolVersion, Fault> {
    const NAME: &str = "protocol name";
    const LEVEL: &str = "protocol level";
    match input.bytes(NAME)? {
        b"MQTT" => match input.byte(LEVEL)? {
            4 => Ok(ProtocolVersion::V311),
            5 => Ok(ProtocolVersion::V5),
            level => Err(Fault::new(LEVEL, Violation::UnsupportedProtocolLevel(level))),
        },
        b"MQIsdp" if input.byte(LEVEL)? == 3 => {
            Err(Fault::new(LEVEL, Violation::UnsupportedProtocolLevel(3)))
        }
        _ => Err(Fault::new(NAME, Violation::UnknownProtocolName)),
    }
}

/// What follows the protocol level.
pub(super) fn decode(
    header: &Header,
    mut input: Reader<'_>,
    version: ProtocolVersion,
    capabilities: &Capabilities,
) -> Result<Connect, Fault> {
    if version == ProtocolVersion::V5 {
        check_minimal(header.is_minimal)?;
    }
    let flags = Flags::read(&mut input, version)?;
    let keep_alive = input.u16("keep alive")?;
    let properties = Properties::read(&mut input, version, Place::Connect)?;
    check_authentication(&properties)?;

    let client_id = input.shared_text("client identifier")?;
    let will = flags.will.map(|will| will.read_message(&mut input, version, capabilities)).transpose()?;
    let credentials = Credentials {
        user_name: flags.user_name.then(|| input.shared_text("user name")).transpose()?,
        password: flags.password.then(|| input.shared_bytes("password")).transpose()?,
    };
    input.end("payload")?;
    // The last thing that is judged: MQTT 3.1.1 answers it with a CONNACK, everything else by closing.
    if version == ProtocolVersion::V311 && client_id.is_empty() && !flags.clean {
        return Err(Fault::new("client identifier", Violation::EmptyClientId));
    }
    Ok(Connect { version, client_id, clean: flags.clean, keep_alive, will, credentials, properties })
}

/// The connect flags.
struct Flags {
    clean: bool,
    will: Option<WillFlags>,
    user_name: bool,
    password: bool,
}

struct WillFlags {
    qos: Qos,
    retain: bool,
}

impl Flags {
    fn read(input: &mut Reader<'_>, version: ProtocolVersion) -> Result<Self, Fault> {
        const FIELD: &str = "connect flags";
        let flags = input.byte(FIELD)?;
        let set = |bit: u8| flags & (1 << bit) != 0;
        let violation = |violation| Err(Fault::new(FIELD, violation));
        let (will, qos, retain, user_name, password) = (set(2), (flags >> 3) & 0b11, set(5), set(7), set(6));
        if set(0) {
            return violation(Violation::ReservedConnectFlag);
        }
        if !will && qos != 0 {
            return violation(Violation::WillQosWithoutWill(qos));
        }
        if !will && retain {
            return violation(Violation::WillRetainWithoutWill);
        }
        let Some(qos) = Qos::from_bits(qos) else { return violation(Violation::WillQos3) };
        if password && !user_name && version == ProtocolVersion::V311 {
            return violation(Violation::PasswordWithoutUserName);
        }
        Ok(Self { clean: set(1), will: will.then_some(WillFlags { qos, retain }), user_name, password })
    }
}

impl WillFlags {
    /// The fields of the will in the payload.
    fn read_message(
        self,
        input: &mut Reader<'_>,
        version: ProtocolVersion,
        capabilities: &Capabilities,
    ) -> Result<Will, Fault> {
        if version == ProtocolVersion::V5 {
            capabilities.check(self.qos, self.retain)?;
        }
        const TOPIC: &str = "will topic";
        let properties = Properties::read(input, version, Place::Will)?;
        let topic = read_topic(input, TOPIC)?
            .ok_or_else(|| Fault::new(TOPIC, Violation::Topic(TopicError::Empty)))?;
        let payload = input.shared_bytes("will payload")?;
        Ok(Will { topic, payload, qos: self.qos, retain: self.retain, properties })
    }
}

impl Capabilities {
    /// Whether a message may have this QoS and be retained. Only MQTT 5 could announce that it may not.
    pub(super) fn check(&self, qos: Qos, retain: bool) -> Result<(), Fault> {
        if qos > self.maximum_qos {
            return Err(Fault::new("QoS", Violation::QosNotSupported(qos.bits())));
        }
        if retain && !self.retain {
            return Err(Fault::new("retain", Violation::RetainNotSupported));
        }
        Ok(())
    }
}

fn check_authentication(properties: &Properties) -> Result<(), Fault> {
    let (mut method, mut data) = (false, false);
    for property in properties.iter() {
        method |= matches!(property, Property::AuthenticationMethod(_));
        data |= matches!(property, Property::AuthenticationData(_));
    }
    if data && !method {
        return Err(Fault::new("authentication data", Violation::DataWithoutMethod));
    }
    Ok(())
}
