//! The reply addresses of one client that waits for many answers at once.

use super::{Subject, SubjectFilter};
use crate::name::ServiceInstance;

/// `_INBOX.<id>.<slot>`: one slot per request, one subscription for all of them. That of a service has the name of
/// the service before the ID.
///
/// Made from numbers and names, so it is a subject by construction.
///
/// ```
/// use kaa_protocol::subject::Inbox;
///
/// let inbox = Inbox::new(0xcafe);
/// let slot = inbox.slot(7);
/// assert_eq!(slot.as_str(), "_INBOX.cafe.7");
/// assert!(inbox.filter().matches(&slot));
/// assert_eq!(inbox.slot_of(slot.as_str().as_bytes()), Some(7));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    prefix: String,
}

impl Inbox {
    /// The inbox of the client that drew `id`, which has to be unique among the clients of a server.
    pub fn new(id: u128) -> Self {
        Self { prefix: format!("_INBOX.{id:x}.") }
    }

    /// The same for a client of a service: permissions tell its inboxes from those of other services.
    ///
    /// ```
    /// use kaa_protocol::name::ServiceInstance;
    /// use kaa_protocol::subject::Inbox;
    ///
    /// let dcx = ServiceInstance::from_static("dcx");
    /// let inbox = Inbox::of(&dcx, 0xcafe);
    /// assert_eq!(inbox.slot(7).as_str(), "_INBOX.dcx.cafe.7");
    /// assert!(Inbox::all_of(&dcx).matches(&inbox.slot(7)));
    /// ```
    pub fn of(service: &ServiceInstance, id: u128) -> Self {
        Self { prefix: format!("_INBOX.{service}.{id:x}.") }
    }

    /// All inboxes of a service.
    pub fn all_of(service: &ServiceInstance) -> SubjectFilter {
        SubjectFilter::from_tokens(format!("_INBOX.{service}.>"))
    }

    /// The subject of one slot.
    pub fn slot(&self, slot: u64) -> Subject {
        Subject::from_tokens(format!("{}{slot}", self.prefix))
    }

    /// What to subscribe to for all slots.
    pub fn filter(&self) -> SubjectFilter {
        SubjectFilter::from_tokens(format!("{}*", self.prefix))
    }

    /// The slot a received subject stands for; `None` when it is not one of this inbox.
    pub fn slot_of(&self, subject: &[u8]) -> Option<u64> {
        std::str::from_utf8(subject.strip_prefix(self.prefix.as_bytes())?).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_a_subject_and_is_found_again() {
        for id in [0, 1, u128::MAX] {
            let inbox = Inbox::new(id);
            for slot in [0, 1, u64::MAX] {
                let subject = inbox.slot(slot);
                assert_eq!(subject.as_str().parse(), Ok(subject.clone()));
                assert!(inbox.filter().matches(&subject));
                assert_eq!(inbox.slot_of(subject.as_str().as_bytes()), Some(slot));
            }
        }
    }

    #[test]
    fn a_strangers_subject_has_no_slot() {
        let inbox = Inbox::new(0xab);
        for subject in ["", "_INBOX.ab", "_INBOX.ab.", "_INBOX.ab.x", "_INBOX.ab.1.2", "_INBOX.abc.1", "a"] {
            assert_eq!(inbox.slot_of(subject.as_bytes()), None, "{subject:?}");
        }
        assert_eq!(inbox.slot_of(b"_INBOX.ab.\xff"), None);
        assert_eq!(inbox.slot_of(b"_INBOX.ab.18446744073709551616"), None);
    }
}
