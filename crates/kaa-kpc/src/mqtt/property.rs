//! The properties of MQTT 5, all in one table (section 2.2.2.2).

mod value;

use std::num::{NonZeroU16, NonZeroU32};

use super::packet::Qos;
use super::place::Place;
use super::reader::{Fault, Reader};
use super::violation::Violation;

pub(super) use value::Value;
pub use value::{SubscriptionId, ValueError};

macro_rules! properties {
    ($($(#[$doc:meta])* $name:ident($type:ty) = $id:literal, $text:literal, in $($place:ident)*;)+) => {
        /// A property of MQTT 5.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Property<'a> {
            $($(#[$doc])* $name($type),)+
        }

        impl<'a> Property<'a> {
            /// The identifier on the wire.
            pub const fn id(&self) -> u8 {
                match self {
                    $(Self::$name(_) => $id,)+
                }
            }

            /// Its name in the specification, in small letters.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $text,)+
                }
            }

            /// The set of places that the property `id` has, and its name.
            const fn definition(id: u32) -> Option<(u32, &'static str)> {
                match id {
                    $($id => Some((0 $(| Place::$place.bit())*, $text)),)+
                    _ => None,
                }
            }

            /// Reads the value of the property `id`; `place` is for the message.
            fn read_value(id: u32, place: Place, input: &mut Reader<'a>) -> Result<Self, Fault> {
                match id {
                    $($id => <$type>::read(input, $text, place).map(Self::$name),)+
                    _ => Err(Fault::new("property identifier", Violation::UnknownProperty(id))),
                }
            }

            fn write_value(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
                match self {
                    $(Self::$name(value) => value.write(output),)+
                }
            }
        }
    };
}

// What this server never sends has no place in an outgoing packet here, although the specification has one:
// topic aliases, response information, and what belongs to enhanced authentication.
properties! {
    /// Whether the payload is UTF-8 text.
    PayloadFormatIndicator(bool) = 0x01, "payload format indicator", in PublishIn PublishOut Will;
    /// The lifetime of a message, in seconds.
    MessageExpiryInterval(u32) = 0x02, "message expiry interval", in PublishIn PublishOut Will;
    /// What the payload is, in the application's terms.
    ContentType(&'a str) = 0x03, "content type", in PublishIn PublishOut Will;
    /// Where an answer is expected: a topic name.
    ResponseTopic(&'a str) = 0x08, "response topic", in PublishIn PublishOut Will;
    /// What the answer is to carry.
    CorrelationData(&'a [u8]) = 0x09, "correlation data", in PublishIn PublishOut Will;
    /// The number of a subscription; in a PUBLISH, of each one that it matches.
    SubscriptionIdentifier(SubscriptionId) = 0x0b, "subscription identifier", in PublishIn PublishOut Subscribe;
    /// How long the session outlives its connection, in seconds; the largest number means forever.
    SessionExpiryInterval(u32) = 0x11, "session expiry interval", in Connect ConnAck DisconnectIn;
    /// The identifier that the server gave to a client without one.
    AssignedClientIdentifier(&'a str) = 0x12, "assigned client identifier", in ConnAck;
    /// The keep alive that the server wants, in seconds.
    ServerKeepAlive(u16) = 0x13, "server keep alive", in ConnAck;
    /// The method of an enhanced authentication.
    AuthenticationMethod(&'a str) = 0x15, "authentication method", in Connect AuthIn;
    /// Data of an enhanced authentication.
    AuthenticationData(&'a [u8]) = 0x16, "authentication data", in Connect AuthIn;
    /// Whether the client wants to be told what went wrong in more than a code.
    RequestProblemInformation(bool) = 0x17, "request problem information", in Connect;
    /// How long the will is kept back, in seconds.
    WillDelayInterval(u32) = 0x18, "will delay interval", in Will;
    /// Whether the client wants response information.
    RequestResponseInformation(bool) = 0x19, "request response information", in Connect;
    /// A basis for response topics.
    ResponseInformation(&'a str) = 0x1a, "response information", in;
    /// Another server to use.
    ServerReference(&'a str) = 0x1c, "server reference", in ConnAck DisconnectOut;
    /// What went wrong, for a human being.
    ReasonString(&'a str) = 0x1f, "reason string",
        in ConnAck PubAck PubRec PubRel PubComp SubAck UnsubAck DisconnectIn DisconnectOut AuthIn;
    /// How many QoS 1 and 2 messages the sender is ready to have in flight.
    ReceiveMaximum(NonZeroU16) = 0x21, "receive maximum", in Connect ConnAck;
    /// How many topic aliases the sender takes.
    TopicAliasMaximum(u16) = 0x22, "topic alias maximum", in Connect ConnAck;
    /// A number that stands for the topic from now on.
    TopicAlias(u16) = 0x23, "topic alias", in PublishIn;
    /// The highest QoS that the server takes, if that is not 2.
    MaximumQos(Qos) = 0x24, "maximum QoS", in ConnAck;
    /// Whether the server keeps messages.
    RetainAvailable(bool) = 0x25, "retain available", in ConnAck;
    /// A pair of texts that means something to the application.
    UserProperty((&'a str, &'a str)) = 0x26, "user property",
        in Connect Will PublishIn PublishOut PubAck PubRec PubRel PubComp Subscribe Unsubscribe DisconnectIn
           DisconnectOut AuthIn ConnAck SubAck UnsubAck;
    /// The largest packet that the sender takes, in bytes.
    MaximumPacketSize(NonZeroU32) = 0x27, "maximum packet size", in Connect ConnAck;
    /// Whether filters may contain wildcards.
    WildcardSubscriptionAvailable(bool) = 0x28, "wildcard subscription available", in ConnAck;
    /// Whether subscriptions may have identifiers.
    SubscriptionIdentifierAvailable(bool) = 0x29, "subscription identifier available", in ConnAck;
    /// Whether subscriptions may be shared.
    SharedSubscriptionAvailable(bool) = 0x2a, "shared subscription available", in ConnAck;
}

impl<'a> Property<'a> {
    /// Reads one property of `place`.
    pub(super) fn read(input: &mut Reader<'a>, place: Place) -> Result<Self, Fault> {
        const FIELD: &str = "property identifier";
        let id = input.varint(FIELD)?;
        match Self::definition(id) {
            Some((places, _)) if places & place.bit() != 0 => Self::read_value(id, place, input),
            Some((_, name)) => Err(Fault::new(name, Violation::MisplacedProperty)),
            None => Err(Fault::new(FIELD, Violation::UnknownProperty(id))),
        }
    }

    /// Reads the next of properties that were checked before; `None` when there is none.
    pub(super) fn read_checked(input: &mut Reader<'a>) -> Option<Self> {
        let id = input.varint("property identifier").ok()?;
        Self::read_value(id, Place::Connect, input).ok()
    }

    /// Writes it behind `output`.
    pub(super) fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        output.push(self.id());
        self.write_value(output)
    }

    pub(super) const fn is_allowed_in(&self, place: Place) -> bool {
        matches!(Self::definition(self.id() as u32), Some((places, _)) if places & place.bit() != 0)
    }

    /// Whether one packet may have it more than once.
    pub(super) fn is_repeatable_in(&self, place: Place) -> bool {
        match self {
            Self::UserProperty(_) => true,
            Self::SubscriptionIdentifier(_) => place == Place::PublishOut,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packet_has_the_properties_of_its_section() {
        // Table 2-4, without what this server never sends.
        let count = |place: Place| {
            (0..300).filter_map(Property::definition).filter(|(places, _)| places & place.bit() != 0).count()
        };
        assert_eq!(count(Place::Connect), 9);
        assert_eq!(count(Place::Will), 7);
        assert_eq!(count(Place::PublishIn), 8);
        assert_eq!(count(Place::PublishOut), 7);
        for acknowledgement in
            [Place::PubAck, Place::PubRec, Place::PubRel, Place::PubComp, Place::SubAck, Place::UnsubAck]
        {
            assert_eq!(count(acknowledgement), 2);
        }
        assert_eq!(count(Place::Subscribe), 2);
        assert_eq!(count(Place::Unsubscribe), 1);
        assert_eq!(count(Place::DisconnectIn), 3);
        assert_eq!(count(Place::DisconnectOut), 3);
        assert_eq!(count(Place::AuthIn), 4);
        assert_eq!(count(Place::ConnAck), 14);
    }
}
