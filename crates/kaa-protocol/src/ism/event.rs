//! Events: broadcast messages, and those that are confirmed.

use bytes::Bytes;
use bytestring::ByteString;

use super::{Address, Message, Outcome};
use crate::name::{NameError, ServiceInstance};
use crate::subject::{EventKind, EventSubject};

/// A broadcast message: something happened, whoever cares may listen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "expected a record that is broadcast, such as `ConfigUpdated`"
)]
pub trait Event: Message {
    /// What happened to what.
    const KIND: EventKind;

    /// Where receivers confirm it, if the sender asks for that.
    const RECEIPTS: Option<Address> = None;

    /// The last token of the subject, for kinds that have one.
    fn detail(&self) -> Option<&str> {
        None
    }

    /// The replica that sent the event: a service may want to ignore its own events.
    fn originator_replica_id(&self) -> Option<&str> {
        None
    }

    /// Names the replica that sends the event, if the sender left that empty.
    fn fill_originator(&mut self, _replica: &ByteString) {}

    /// What confirms the event, from a receiver that is done with it at this time (Unix milliseconds);
    /// `None` for events that nobody confirms.
    fn receipt(&self, _receiver: &ServiceInstance, _outcome: Outcome<'_>, _timestamp: i64) -> Option<Bytes> {
        None
    }

    /// The subject of this event.
    ///
    /// # Errors
    ///
    /// [`NameError`] when its [`detail`](Self::detail) is no token of a subject.
    fn subject(&self, originator: &ServiceInstance) -> Result<EventSubject, NameError> {
        let EventKind { entity, group, event, .. } = Self::KIND;
        let more = self.detail().map(str::parse).transpose()?.into_iter().collect();
        Ok(EventSubject { originator: originator.clone(), entity, group, event, more })
    }
}

/// An event whose sender may ask its receivers to confirm it.
pub trait Awaited: Event {
    /// What a receiver answers.
    type Receipt: Message;

    /// Where receipts go.
    const ADDRESS: Address;

    /// Which service a receipt is from.
    fn receiver(receipt: &Self::Receipt) -> &str;
}

/// Makes an event of a message: its kind, and the field that names the sending replica.
macro_rules! event {
    ($name:ident: $entity:literal, $group:literal, $event:literal $(, from $originator:ident)?) => {
        impl $crate::ism::Event for $name {
            const KIND: $crate::subject::EventKind = $crate::subject::EventKind::new($entity, $group, $event);

            $(
                fn originator_replica_id(&self) -> Option<&str> {
                    $crate::ism::OptionalText::text(&self.$originator)
                }

                fn fill_originator(&mut self, replica: &bytestring::ByteString) {
                    $crate::ism::OptionalText::fill(&mut self.$originator, replica);
                }
            )?
        }
    };
}
pub(crate) use event;
