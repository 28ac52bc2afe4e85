//! Which request a notice is about: the server says that nobody listens to a subject, but not to whom.
//!
//! It takes the messages of one connection in turn, and answers those that found nobody at once. So a
//! notice is about a request behind the last one that was answered, and of several to one subject it is
//! about the youngest: those before it found somebody, or have a notice of their own.
//!
//! That holds for what comes in by one subscription: answers in another dialect overtake.

use std::collections::VecDeque;

use kaa_bus::NoResponders;
use kaa_protocol::subject::Subject;

/// The most requests that a notice can be about. Beyond, the oldest are left to their timeout.
const REMEMBERED: usize = 65_536;

/// The place of a request among all that went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Place(u64);

/// The requests in the order in which the server got them, as far as notices can be about them.
#[derive(Debug, Default)]
pub(super) struct Wire {
    last: Place,
    sent: VecDeque<Sent>,
}

#[derive(Debug)]
struct Sent {
    place: Place,
    /// `None` once a notice about it has come.
    subject: Option<Subject>,
    /// `None` once nobody waits for its end: the notice about it still may come.
    request: Option<u64>,
}

impl Wire {
    /// A request was published.
    pub(super) fn sent(&mut self, subject: Subject, request: u64) -> Place {
        self.last.0 += 1;
        let place = self.last;
        self.sent.push_back(Sent { place, subject: Some(subject), request: Some(request) });
        if self.sent.len() > REMEMBERED {
            self.sent.pop_front();
        }
        place
    }

    /// The answer to a request came behind all notices about it and those before it.
    pub(super) fn served(&mut self, place: Place) {
        while self.sent.front().is_some_and(|oldest| oldest.place <= place) {
            self.sent.pop_front();
        }
    }

    /// Nobody waits for the end of a request any more.
    pub(super) fn give_up(&mut self, place: Place) {
        let index = self.sent.partition_point(|sent| sent.place < place);
        if let Some(sent) = self.sent.get_mut(index).filter(|sent| sent.place == place) {
            sent.request = None;
        }
    }

    /// The request that found nobody, if somebody waits for it. Of a notice that does not name its
    /// subject only when there is no doubt: to guess would be to tell a device that an extension is gone
    /// which is at work.
    pub(super) fn unserved(&mut self, notice: &NoResponders) -> Option<u64> {
        if notice.subject.is_none() && self.have_several_subjects() {
            return None;
        }
        let is_about = |sent: &Sent| sent.subject.as_ref().is_some_and(|subject| notice.is_about(subject));
        let youngest = self.sent.iter_mut().rev().find(|sent| is_about(sent))?;
        youngest.subject = None;
        let request = youngest.request.take();
        while self.sent.back().is_some_and(|youngest| youngest.subject.is_none()) {
            self.sent.pop_back();
        }
        while self.sent.front().is_some_and(|oldest| oldest.subject.is_none()) {
            self.sent.pop_front();
        }
        request
    }

    fn have_several_subjects(&self) -> bool {
        let mut subjects = self.sent.iter().filter_map(|sent| sent.subject.as_ref());
        let first = subjects.next();
        subjects.any(|other| Some(other) != first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(subject: &'static str) -> NoResponders {
        NoResponders { subject: Some(subject.into()) }
    }

    const SOMETHING: NoResponders = NoResponders { subject: None };

    fn wire(subjects: &[&str]) -> (Wire, Vec<Place>) {
        let mut wire = Wire::default();
        let places =
            (1..).zip(subjects).map(|(request, subject)| wire.sent(subject.parse().unwrap(), request));
        let places = places.collect();
        (wire, places)
    }

    #[test]
    fn a_notice_is_about_the_youngest_request_to_its_subject() {
        let (mut wire, _) = wire(&["a", "a", "b"]);
        assert_eq!(wire.unserved(&about("a")), Some(2));
        assert_eq!(wire.unserved(&about("a")), Some(1));
        assert_eq!(wire.unserved(&about("a")), None);
        assert_eq!(wire.unserved(&about("b")), Some(3));
        assert!(wire.sent.is_empty());
    }

    #[test]
    fn no_notice_is_about_a_request_before_one_that_was_answered() {
        let (mut wire, places) = wire(&["a", "a", "a"]);
        wire.served(places[1]);
        assert_eq!(wire.unserved(&about("a")), Some(3));
        assert_eq!(wire.unserved(&about("a")), None);
    }

    #[test]
    fn a_notice_about_a_request_that_was_given_up_hits_no_other_one() {
        let (mut wire, places) = wire(&["a", "a"]);
        wire.give_up(places[1]);
        assert_eq!(wire.unserved(&about("a")), None);
        assert_eq!(wire.unserved(&about("a")), Some(1));
    }

    #[test]
    fn a_notice_that_does_not_name_its_subject_is_believed_only_without_doubt() {
        let (mut wire, places) = wire(&["a", "b", "b"]);
        assert_eq!(wire.unserved(&SOMETHING), None);
        wire.served(places[0]);
        assert_eq!(wire.unserved(&SOMETHING), Some(3));
        assert_eq!(wire.unserved(&SOMETHING), Some(2));
        assert_eq!(wire.unserved(&SOMETHING), None);
    }

    #[test]
    fn what_nobody_ever_answers_is_forgotten_in_the_end() {
        let mut wire = Wire::default();
        for request in 0..REMEMBERED as u64 + 10 {
            let place = wire.sent("a".parse().unwrap(), request);
            wire.give_up(place);
        }
        assert_eq!(wire.sent.len(), REMEMBERED);
    }

    #[test]
    fn notices_about_many_requests_at_once_leave_nothing_behind() {
        let (mut wire, places) = wire(&["a", "b", "a", "b", "a"]);
        for request in [5, 3, 1] {
            assert_eq!(wire.unserved(&about("a")), Some(request));
        }
        assert_eq!(wire.unserved(&about("a")), None);
        wire.served(places[1]);
        assert_eq!((wire.unserved(&SOMETHING), wire.sent.len()), (Some(4), 0));
    }
}
