//! SUBSCRIBE and UNSUBSCRIBE: lists of filters.

use bytes::Bytes;

use super::{PacketId, ProtocolVersion, Qos};
use crate::mqtt::properties::Properties;
use crate::mqtt::property::{Property, SubscriptionId};
use crate::mqtt::reader::{Fault, Reader};
use crate::mqtt::topic::TopicFilter;
use crate::mqtt::violation::Violation;

pub(in crate::mqtt) const FILTER: &str = "topic filter";
const OPTIONS: &str = "subscription options";

/// A client asks for messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscribe {
    /// Pairs it with its SUBACK.
    pub packet_id: PacketId,
    /// At least one.
    pub subscriptions: Subscriptions,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

impl Subscribe {
    /// The identifier of all subscriptions in this packet.
    pub fn identifier(&self) -> Option<SubscriptionId> {
        self.properties.find(|property| match property {
            Property::SubscriptionIdentifier(identifier) => Some(identifier),
            _ => None,
        })
    }
}

/// A client asks for no more of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsubscribe {
    /// Pairs it with its UNSUBACK.
    pub packet_id: PacketId,
    /// At least one.
    pub filters: Filters,
    /// Properties of MQTT 5.
    pub properties: Properties,
}

/// What a client subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// The topics that are meant.
    pub filter: TopicFilter<'a>,
    /// The highest QoS that the client wants.
    pub maximum_qos: Qos,
    /// Whether the client does not want its own messages.
    pub no_local: bool,
    /// Whether retain stays as it was published.
    pub retain_as_published: bool,
    /// What happens to retained messages.
    pub retain_handling: RetainHandling,
}

/// What a new subscription gets of retained messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetainHandling {
    /// All of them.
    Send,
    /// All of them unless it existed before.
    SendIfNew,
    /// None.
    DoNotSend,
}

/// The subscriptions of a SUBSCRIBE, as they are on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscriptions(List);

/// The filters of an UNSUBSCRIBE, as they are on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters(List);

/// Entries that were checked when they were read. As values they would take ten times what they took on the
/// wire.
#[derive(Debug, Clone, PartialEq)]
struct List {
    version: ProtocolVersion,
    len: usize,
    wire: Bytes,
}

impl Subscriptions {
    /// How many there are: one at least.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// The subscriptions, in order.
    pub fn iter(&self) -> impl Iterator<Item = Subscription<'_>> {
        self.0.entries(read_subscription)
    }

    pub(in crate::mqtt) fn read<'a>(
        input: Reader<'a>,
        version: ProtocolVersion,
        mut check: impl FnMut(&Subscription<'a>) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let read = |input: &mut Reader<'a>, version| check(&read_subscription(input, version)?);
        let list = List::read(input, version, read)?;
        if list.len == 0 {
            return Err(Fault::new(FILTER, Violation::EmptySubscribe));
        }
        Ok(Self(list))
    }
}

impl Filters {
    /// How many there are: one at least.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// The filters, in order.
    pub fn iter(&self) -> impl Iterator<Item = TopicFilter<'_>> {
        self.0.entries(read_filter)
    }

    pub(in crate::mqtt) fn read(input: Reader<'_>, version: ProtocolVersion) -> Result<Self, Fault> {
        let list = List::read(input, version, |input, version| read_filter(input, version).map(drop))?;
        if list.len == 0 {
            return Err(Fault::new(FILTER, Violation::EmptyUnsubscribe));
        }
        Ok(Self(list))
    }
}

impl List {
    /// Reads entries to the end of the packet.
    fn read<'a>(
        mut input: Reader<'a>,
        version: ProtocolVersion,
        mut entry: impl FnMut(&mut Reader<'a>, ProtocolVersion) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let wire = input.shared(input.rest());
        let mut len = 0;
        while !input.is_empty() {
            entry(&mut input, version)?;
            len += 1;
        }
        Ok(Self { version, len, wire })
    }

    fn entries<'a, T>(
        &'a self,
        entry: impl Fn(&mut Reader<'a>, ProtocolVersion) -> Result<T, Fault>,
    ) -> impl Iterator<Item = T> {
        let mut input = Reader::new(&self.wire);
        // Checked when the list was read.
        std::iter::from_fn(move || if input.is_empty() { None } else { entry(&mut input, self.version).ok() })
    }
}

fn read_filter<'a>(input: &mut Reader<'a>, version: ProtocolVersion) -> Result<TopicFilter<'a>, Fault> {
    let text = input.text(FILTER)?;
    TopicFilter::new(text, version).map_err(|error| Fault::new(FILTER, Violation::Topic(error)))
}

fn read_subscription<'a>(
    input: &mut Reader<'a>,
    version: ProtocolVersion,
) -> Result<Subscription<'a>, Fault> {
    let filter = read_filter(input, version)?;
    let options = input.byte(OPTIONS)?;
    let reserved = match version {
        ProtocolVersion::V311 => 0b1111_1100,
        ProtocolVersion::V5 => 0b1100_0000,
    };
    let violation = |violation| Fault::new(OPTIONS, violation);
    if options & reserved != 0 {
        return Err(violation(Violation::ReservedOptionBits(options)));
    }
    let no_local = options & 0b100 != 0;
    if no_local && filter.share_name().is_some() {
        return Err(violation(Violation::SharedNoLocal));
    }
    Ok(Subscription {
        filter,
        maximum_qos: Qos::from_bits(options).ok_or_else(|| violation(Violation::RequestedQos3))?,
        no_local,
        retain_as_published: options & 0b1000 != 0,
        retain_handling: match options >> 4 {
            0 => RetainHandling::Send,
            1 => RetainHandling::SendIfNew,
            2 => RetainHandling::DoNotSend,
            _ => return Err(violation(Violation::RetainHandling3)),
        },
    })
}
