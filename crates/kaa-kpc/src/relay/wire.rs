//! Which request a notice is about: the server says that nobody listens to a subject, but not to whom.
//!
//! It takes the messages of one connection in turn, and answers those that found nobody at once. So a
//! notice is about a request behind the last one that was answered, and of several to one subject it is
//! about the youngest: those before it found somebody, or have a notice of their own. With younger ones still on
//! their way, notices are taken for those of others in turn, which is all the same once all of them are in.
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
    /// How many of them a notice was taken to be about: mostly none, and then nothing has to be looked for.
    noticed: usize,
}

#[derive(Debug)]
struct Sent {
    place: Place,
    subject: Subject,
    /// A notice was taken to be about it. While an older one to its subject may have been meant, it stays.
    is_noticed: bool,
    /// `None` once nobody waits for its end: the notice about it still may come.
    request: Option<u64>,
}

impl Wire {
    /// A request was published.
    pub(super) fn sent(&mut self, subject: Subject, request: u64) -> Place {
        self.last.0 += 1;
        let place = self.last;
        self.sent.push_back(Sent { place, subject, is_noticed: false, request: Some(request) });
        if self.sent.len() > REMEMBERED {
            self.forget_oldest();
        }
        place
    }

    /// The answer to a request came behind all notices about it and those before it.
    ///
    /// One of those notices may have been taken to be about a younger request, whose own is still to come: then it
    /// is about one of those before.
    pub(super) fn served(&mut self, place: Place) {
        if self.noticed > 0 {
            let younger = self.sent.iter().filter(|sent| sent.is_noticed && sent.place > place);
            let owed: Vec<_> = younger.map(|sent| sent.subject.clone()).collect();
            if !owed.is_empty() {
                return self.retain(|sent| {
                    sent.place > place
                        || sent.place < place && !sent.is_noticed && owed.contains(&sent.subject)
                });
            }
        }
        while self.sent.front().is_some_and(|oldest| oldest.place <= place) {
            self.forget_oldest();
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
        let is_about = |sent: &Sent| !sent.is_noticed && notice.is_about(&sent.subject);
        let youngest = self.sent.iter_mut().rev().find(|sent| is_about(sent))?;
        youngest.is_noticed = true;
        self.noticed += 1;
        let (subject, request) = (youngest.subject.clone(), youngest.request.take());
        if !self.sent.iter().any(|sent| !sent.is_noticed && sent.subject == subject) {
            self.retain(|sent| sent.subject != subject);
        }
        request
    }

    fn forget_oldest(&mut self) {
        let oldest = self.sent.pop_front();
        self.noticed -= usize::from(oldest.is_some_and(|oldest| oldest.is_noticed));
    }

    fn retain(&mut self, is_kept: impl Fn(&Sent) -> bool) {
        self.sent.retain(is_kept);
        self.noticed = self.sent.iter().filter(|sent| sent.is_noticed).count();
    }

    fn have_several_subjects(&self) -> bool {
        let open = self.sent.iter().filter(|sent| !sent.is_noticed);
        let mut subjects = open.map(|sent| &sent.subject);
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
    fn an_answer_to_another_subject_between_two_notices_hides_no_request() {
        let (mut wire, places) = wire(&["a", "b", "a"]);
        // It was about the first request; nobody can know.
        assert_eq!(wire.unserved(&about("a")), Some(3));
        wire.served(places[1]);
        assert_eq!(wire.unserved(&about("a")), Some(1));
        assert_eq!((wire.unserved(&about("a")), wire.sent.len(), wire.noticed), (None, 0, 0));
    }

    #[test]
    fn an_answer_behind_all_notices_ends_the_doubt() {
        let (mut wire, places) = wire(&["a", "b", "a", "b"]);
        assert_eq!(wire.unserved(&about("a")), Some(3));
        wire.served(places[3]);
        assert_eq!((wire.unserved(&about("a")), wire.sent.len(), wire.noticed), (None, 0, 0));
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
