//! The reason codes of MQTT 5, and what MQTT 3.1.1 has instead.

use std::fmt;

use super::place::Place;

macro_rules! reason_codes {
    ($($(#[$doc:meta])* $name:ident = $byte:literal, $text:literal, in $($place:ident)*;)+) => {
        /// A reason code of MQTT 5 (section 2.4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum ReasonCode {
            $($(#[$doc])* $name = $byte,)+
        }

        impl ReasonCode {
            /// The code with this byte, if there is one.
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// The byte on the wire.
            pub const fn byte(self) -> u8 {
                match self {
                    $(Self::$name => $byte,)+
                }
            }

            const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            const fn places(self) -> u32 {
                match self {
                    $(Self::$name => 0 $(| Place::$place.bit())*,)+
                }
            }
        }
    };
}

reason_codes! {
    /// 0x00: success, a normal disconnection, or a subscription granted with QoS 0.
    Success = 0x00, "success", in ConnAck PubAck PubRec PubRel PubComp SubAck UnsubAck DisconnectIn DisconnectOut;
    /// 0x01: a subscription granted with QoS 1.
    GrantedQos1 = 0x01, "granted QoS 1", in SubAck;
    /// 0x02: a subscription granted with QoS 2.
    GrantedQos2 = 0x02, "granted QoS 2", in SubAck;
    /// 0x04: the client disconnects and wants its will published.
    DisconnectWithWill = 0x04, "disconnect with will message", in DisconnectIn;
    /// 0x10: accepted, but nobody subscribes to it.
    NoMatchingSubscribers = 0x10, "no matching subscribers", in PubAck PubRec;
    /// 0x11: there was no such subscription.
    NoSubscriptionExisted = 0x11, "no subscription existed", in UnsubAck;
    /// 0x18: the authentication goes on.
    ContinueAuthentication = 0x18, "continue authentication", in AuthIn;
    /// 0x19: the client wants to authenticate again.
    ReAuthenticate = 0x19, "re-authenticate", in AuthIn;
    /// 0x80: an error that the sender does not want to explain.
    UnspecifiedError = 0x80, "unspecified error",
        in ConnAck PubAck PubRec SubAck UnsubAck DisconnectIn DisconnectOut;
    /// 0x81: a packet that cannot be parsed.
    MalformedPacket = 0x81, "malformed packet", in ConnAck DisconnectIn DisconnectOut;
    /// 0x82: a packet that is not allowed there, or contradicts itself.
    ProtocolError = 0x82, "protocol error", in ConnAck DisconnectIn DisconnectOut;
    /// 0x83: valid, but not accepted here.
    ImplementationSpecificError = 0x83, "implementation specific error",
        in ConnAck PubAck PubRec SubAck UnsubAck DisconnectIn DisconnectOut;
    /// 0x84: the server does not speak this version.
    UnsupportedProtocolVersion = 0x84, "unsupported protocol version", in ConnAck;
    /// 0x85: a well-formed client identifier that the server does not allow.
    ClientIdentifierNotValid = 0x85, "client identifier not valid", in ConnAck;
    /// 0x86: the user name or the password is wrong.
    BadUserNameOrPassword = 0x86, "bad user name or password", in ConnAck;
    /// 0x87: the client may not do this.
    NotAuthorized = 0x87, "not authorized", in ConnAck PubAck PubRec SubAck UnsubAck DisconnectOut;
    /// 0x88: the server is not available.
    ServerUnavailable = 0x88, "server unavailable", in ConnAck;
    /// 0x89: the server has too much to do; try later.
    ServerBusy = 0x89, "server busy", in ConnAck DisconnectOut;
    /// 0x8a: the client is banned.
    Banned = 0x8a, "banned", in ConnAck;
    /// 0x8b: the server stops.
    ServerShuttingDown = 0x8b, "server shutting down", in DisconnectOut;
    /// 0x8c: the authentication method is not supported, or not the one in use.
    BadAuthenticationMethod = 0x8c, "bad authentication method", in ConnAck;
    /// 0x8d: nothing came for one and a half times the keep alive.
    KeepAliveTimeout = 0x8d, "keep alive timeout", in DisconnectOut;
    /// 0x8e: another connection uses the same client identifier.
    SessionTakenOver = 0x8e, "session taken over", in DisconnectOut;
    /// 0x8f: a well-formed filter that is not accepted.
    TopicFilterInvalid = 0x8f, "topic filter invalid", in SubAck UnsubAck DisconnectOut;
    /// 0x90: a well-formed topic name that is not accepted.
    TopicNameInvalid = 0x90, "topic name invalid", in ConnAck PubAck PubRec DisconnectIn DisconnectOut;
    /// 0x91: the packet identifier is in use.
    PacketIdentifierInUse = 0x91, "packet identifier in use", in PubAck PubRec SubAck UnsubAck;
    /// 0x92: the packet identifier is not known.
    PacketIdentifierNotFound = 0x92, "packet identifier not found", in PubRel PubComp;
    /// 0x93: more is in flight than the receiver allows.
    ReceiveMaximumExceeded = 0x93, "receive maximum exceeded", in DisconnectIn DisconnectOut;
    /// 0x94: a topic alias that is 0 or above the maximum.
    TopicAliasInvalid = 0x94, "topic alias invalid", in DisconnectIn DisconnectOut;
    /// 0x95: larger than the receiver allows.
    PacketTooLarge = 0x95, "packet too large", in ConnAck DisconnectIn DisconnectOut;
    /// 0x96: the client publishes too fast.
    MessageRateTooHigh = 0x96, "message rate too high", in DisconnectIn DisconnectOut;
    /// 0x97: a limit of the server or an administrator is reached.
    QuotaExceeded = 0x97, "quota exceeded", in ConnAck PubAck PubRec SubAck DisconnectIn DisconnectOut;
    /// 0x98: an administrator closes the connection.
    AdministrativeAction = 0x98, "administrative action", in DisconnectIn DisconnectOut;
    /// 0x99: the payload is not what its format indicator says.
    PayloadFormatInvalid = 0x99, "payload format invalid", in ConnAck PubAck PubRec DisconnectIn DisconnectOut;
    /// 0x9a: the server keeps no retained messages.
    RetainNotSupported = 0x9a, "retain not supported", in ConnAck DisconnectOut;
    /// 0x9b: a QoS above the maximum of the server.
    QosNotSupported = 0x9b, "QoS not supported", in ConnAck DisconnectOut;
    /// 0x9c: use another server for now.
    UseAnotherServer = 0x9c, "use another server", in ConnAck DisconnectOut;
    /// 0x9d: use another server from now on.
    ServerMoved = 0x9d, "server moved", in ConnAck DisconnectOut;
    /// 0x9e: the server has no shared subscriptions.
    SharedSubscriptionsNotSupported = 0x9e, "shared subscriptions not supported", in SubAck DisconnectOut;
    /// 0x9f: connections come too fast.
    ConnectionRateExceeded = 0x9f, "connection rate exceeded", in ConnAck DisconnectOut;
    /// 0xa0: the connection was open for as long as it may be.
    MaximumConnectTime = 0xa0, "maximum connect time", in DisconnectOut;
    /// 0xa1: the server has no subscription identifiers.
    SubscriptionIdentifiersNotSupported = 0xa1, "subscription identifiers not supported",
        in SubAck DisconnectOut;
    /// 0xa2: the server has no wildcard subscriptions.
    WildcardSubscriptionsNotSupported = 0xa2, "wildcard subscriptions not supported", in SubAck DisconnectOut;
}

impl ReasonCode {
    /// Whether it says that something failed: 0x80 and above.
    pub const fn is_failure(self) -> bool {
        self.byte() >= 0x80
    }

    /// The return code of an MQTT 3.1.1 CONNACK that means the same (table 3.1); `None` when there is none,
    /// and the server has to close without a CONNACK [MQTT-3.2.2-6].
    pub const fn connect_return_code(self) -> Option<u8> {
        match self {
            Self::Success => Some(0),
            Self::UnsupportedProtocolVersion => Some(1),
            Self::ClientIdentifierNotValid => Some(2),
            Self::ServerUnavailable
            | Self::ServerBusy
            | Self::QuotaExceeded
            | Self::ConnectionRateExceeded
            | Self::UseAnotherServer
            | Self::ServerMoved => Some(3),
            Self::BadUserNameOrPassword => Some(4),
            Self::NotAuthorized | Self::Banned | Self::BadAuthenticationMethod => Some(5),
            _ => None,
        }
    }

    /// Whether a packet at this place may carry it.
    pub(super) const fn is_allowed_in(self, place: Place) -> bool {
        self.places() & place.bit() != 0
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x} {}", self.byte(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_byte_it_was_read_from() {
        let known: Vec<_> = (0..=u8::MAX).filter_map(ReasonCode::from_byte).collect();
        assert_eq!(known.len(), 43);
        for code in known {
            assert_eq!(ReasonCode::from_byte(code.byte()), Some(code));
            assert_eq!(code.is_failure(), code.byte() > 0x19);
        }
    }

    #[test]
    fn each_packet_has_the_codes_of_its_table() {
        let count = |place| {
            (0..=u8::MAX).filter_map(ReasonCode::from_byte).filter(|code| code.is_allowed_in(place)).count()
        };
        // Tables 3-1, 3-4 to 3-9, 3-10 and 3-11 of MQTT 5.
        assert_eq!(count(Place::ConnAck), 22);
        assert_eq!(count(Place::PubAck), 9);
        assert_eq!(count(Place::PubRec), 9);
        assert_eq!(count(Place::PubRel), 2);
        assert_eq!(count(Place::PubComp), 2);
        assert_eq!(count(Place::SubAck), 12);
        assert_eq!(count(Place::UnsubAck), 7);
        assert_eq!(count(Place::DisconnectIn), 14);
        assert_eq!(count(Place::DisconnectOut), 28);
        assert_eq!(count(Place::AuthIn), 2);
    }
}
