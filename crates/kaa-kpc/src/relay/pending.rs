//! Requests that wait for their end.

use bytes::Bytes;
use kaa_bus::trace::TraceContext;
use kaa_bus::{Expecting, NoResponders};
use kaa_process::trace::Trace;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::ExtensionData;
use kaa_protocol::kp1::RequestId;
use kaa_protocol::name::{EndpointId, ServiceInstance};
use kaa_protocol::subject::Subject;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::delivery::Answer;
use super::line::Line;
use super::numbers::Numbered;
use super::pins::Party;
use super::request::Asked;
use super::wire::{Place, Wire};

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) recipient: Recipient,
    pub(super) request_id: Option<RequestId>,
    pub(super) extension: ServiceInstance,
    pub(super) dialect: Dialect,
    pub(super) party: Option<Party>,
    pub(super) deadline: Instant,
    pub(super) pinned: Option<Box<Pinned>>,
    /// Its span and its trace; mostly nobody wants to know.
    pub(super) trace: Option<Box<Trace>>,
    /// Its answer is to come by the connection that it was sent with.
    pub(super) expecting: Option<Expecting>,
    place: Place,
}

/// Who gets the answer.
#[derive(Debug)]
pub(super) enum Recipient {
    Client { connection: u64, asked: Asked },
    Caller(oneshot::Sender<Answer>),
}

impl Recipient {
    /// The connection that will want to know whether the server has taken the request.
    pub(super) fn wants_proof(&self) -> Option<u64> {
        match self {
            Self::Client { connection, asked } => (asked.mark != 0).then_some(*connection),
            Self::Caller(_) => None,
        }
    }
}

/// A request to one replica.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) subject: Subject,
    /// To be sent again when the replica is gone; `None` when there was no room to keep it.
    pub(super) datum: Option<Bytes>,
}

impl Waiting {
    pub(super) fn new(
        recipient: Recipient,
        request_id: Option<RequestId>,
        extension: ServiceInstance,
        deadline: Instant,
    ) -> Self {
        let (dialect, place) = (Dialect::Esp, Place::default());
        let (party, pinned, trace, expecting) = (None, None, None, None);
        Self { recipient, request_id, extension, dialect, party, deadline, pinned, trace, expecting, place }
    }

    fn endpoint(&self) -> Option<&EndpointId> {
        match &self.party {
            Some(Party::Endpoint(endpoint)) => Some(endpoint),
            Some(Party::Connection(_)) | None => None,
        }
    }

    /// What a message under the correlation ID of this request is.
    pub(super) fn relation(&self, data: &ExtensionData<'_>) -> Relation {
        let is_foreign = data.endpoint_id.is_some_and(|id| self.endpoint().is_none_or(|own| own != id))
            || data.extension_instance_name.is_some_and(|name| self.extension != name);
        if is_foreign {
            return Relation::Stray;
        }
        match (data.request_id, self.request_id.map(i32::from)) {
            (given, wanted) if given == wanted => Relation::Answer,
            // Some say of an error only which exchange it ended.
            (None, Some(_)) if !(200..300).contains(&data.status_code) => Relation::Answer,
            (None, Some(_)) => Relation::Push,
            _ => Relation::Stray,
        }
    }

    /// Notes how it ended.
    pub(super) fn ends(&self, status_code: i32) {
        if let Some(trace) = &self.trace {
            trace.ends(status_code);
        }
    }

    /// Where its message is in the trace.
    pub(super) fn context(&self) -> Option<TraceContext> {
        self.trace.as_ref().and_then(|trace| trace.context().cloned())
    }

    fn kept(&self) -> usize {
        self.pinned.as_ref().and_then(|pinned| pinned.datum.as_ref()).map_or(0, Bytes::len)
    }
}

/// What a message has to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Answer,
    /// It repeats the correlation ID, but does not answer.
    Push,
    /// It is of another endpoint, another extension or another request ID.
    Stray,
}

/// All requests that wait, by the number in their correlation ID.
#[derive(Debug, Default)]
pub(super) struct Pending {
    waiting: Numbered<Waiting>,
    /// Those with a request ID, and those without.
    asked: Line,
    unasked: Line,
    unasked_waiting: usize,
    esp: Wire,
    ecs2ext: Wire,
    /// The bytes of the messages that are kept.
    kept: usize,
}

impl Pending {
    /// How many with a request ID wait.
    pub(super) fn asked(&self) -> usize {
        self.waiting.len() - self.unasked_waiting
    }

    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Waiting> {
        self.waiting.get(&id)
    }

    /// A request was published to `subject`.
    pub(super) fn sent(&mut self, id: u64, subject: Subject, mut request: Waiting) {
        request.place = self.wire(request.dialect).sent(subject, id);
        self.kept += request.kept();
        let is_asked = request.request_id.is_some();
        self.waiting.insert(id, request);
        let waiting = &self.waiting;
        if is_asked {
            self.asked.join(id, waiting.len() - self.unasked_waiting, |id| waiting.contains_key(&id));
        } else {
            self.unasked_waiting += 1;
            self.unasked.join(id, self.unasked_waiting, |id| waiting.contains_key(&id));
        }
    }

    /// The oldest without a request ID, when more than `limit` of them wait.
    pub(super) fn superfluous(&mut self, limit: usize) -> Option<(u64, Waiting)> {
        if self.unasked_waiting <= limit {
            return None;
        }
        let oldest = self.unasked.oldest(|id| self.waiting.contains_key(&id))?;
        Some((oldest, self.give_up(oldest)?))
    }

    /// A request was answered. `behind_notices`: where the notices about it come, too.
    pub(super) fn answered(&mut self, id: u64, behind_notices: bool) -> Option<Waiting> {
        let request = self.take(id)?;
        let wire = self.wire(request.dialect);
        if behind_notices {
            wire.served(request.place);
        } else {
            wire.give_up(request.place);
        }
        Some(request)
    }

    /// Nobody waits for the end of a request any more.
    pub(super) fn give_up(&mut self, id: u64) -> Option<Waiting> {
        let request = self.take(id)?;
        self.wire(request.dialect).give_up(request.place);
        Some(request)
    }

    /// The request that found nobody. The notice came where the answers in this dialect come.
    pub(super) fn unserved(&mut self, dialect: Dialect, notice: &NoResponders) -> Option<(u64, Waiting)> {
        let id = self.wire(dialect).unserved(notice)?;
        Some((id, self.take(id)?))
    }

    /// The next request whose time is over.
    pub(super) fn expired(&mut self, now: Instant) -> Option<(u64, Waiting)> {
        let (id, deadline) = self.oldest()?;
        if deadline > now {
            return None;
        }
        Some((id, self.give_up(id)?))
    }

    pub(super) fn next_deadline(&mut self) -> Option<Instant> {
        self.oldest().map(|(_, deadline)| deadline)
    }

    /// Takes out the oldest of those that wait.
    pub(super) fn pop(&mut self) -> Option<(u64, Waiting)> {
        let (id, _) = self.oldest()?;
        Some((id, self.give_up(id)?))
    }

    /// All have the same time, so the oldest is the first to be over.
    fn oldest(&mut self) -> Option<(u64, Instant)> {
        let waiting = &self.waiting;
        [&mut self.asked, &mut self.unasked]
            .into_iter()
            .filter_map(|line| {
                let oldest = line.oldest(|id| waiting.contains_key(&id))?;
                Some((oldest, waiting.get(&oldest)?.deadline))
            })
            .min_by_key(|(id, deadline)| (*deadline, *id))
    }

    fn wire(&mut self, dialect: Dialect) -> &mut Wire {
        match dialect {
            Dialect::Esp => &mut self.esp,
            Dialect::Ecs2Ext => &mut self.ecs2ext,
        }
    }

    fn take(&mut self, id: u64) -> Option<Waiting> {
        let request = self.waiting.remove(&id)?;
        self.unasked_waiting -= usize::from(request.request_id.is_none());
        self.kept -= request.kept();
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn waiting(request_id: Option<u32>) -> Waiting {
        let (sender, _) = oneshot::channel();
        let request_id = request_id.map(|id| id.try_into().unwrap());
        let extension = ServiceInstance::from_static("ext");
        Waiting {
            party: Some(Party::Endpoint(EndpointId::from_static("ep-1"))),
            ..Waiting::new(Recipient::Caller(sender), request_id, extension, Instant::now())
        }
    }

    fn data(request_id: Option<i32>, status_code: i32) -> ExtensionData<'static> {
        ExtensionData { endpoint_id: Some("ep-1"), request_id, status_code, ..ExtensionData::default() }
    }

    #[tokio::test]
    async fn an_answer_repeats_the_request_id_unless_it_is_an_error() {
        use Relation::{Answer, Push, Stray};
        for (asked, given, status, expected) in [
            (Some(7), Some(7), 200, Answer),
            (Some(7), Some(7), 404, Answer),
            (Some(7), None, 404, Answer),
            (Some(7), None, 200, Push),
            (Some(7), Some(8), 200, Stray),
            (None, None, 200, Answer),
            (None, None, 500, Answer),
            (None, Some(7), 200, Stray),
        ] {
            assert_eq!(waiting(asked).relation(&data(given, status)), expected, "{asked:?} {given:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_of_another_endpoint_or_extension_is_a_stray() {
        let right = data(Some(7), 200);
        for wrong in [
            ExtensionData { endpoint_id: Some("ep-2"), ..right },
            ExtensionData { extension_instance_name: Some("other"), ..right },
        ] {
            assert_eq!(waiting(Some(7)).relation(&wrong), Relation::Stray);
        }
        let unaware = Waiting { party: None, ..waiting(Some(7)) };
        assert_eq!(unaware.relation(&right), Relation::Stray);
        assert_eq!(
            waiting(Some(7)).relation(&ExtensionData { endpoint_id: None, ..right }),
            Relation::Answer
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_leaves_nothing_behind() {
        let mut pending = Pending::default();
        let subject: Subject = "a".parse().unwrap();
        for id in 0..6 {
            let pinned = Pinned { subject: subject.clone(), datum: Some("12".into()) };
            let request_id = (id % 2 == 0).then_some(7);
            let request = Waiting { pinned: Some(Box::new(pinned)), ..waiting(request_id) };
            pending.sent(id, subject.clone(), request);
        }
        assert_eq!((pending.asked(), pending.kept()), (3, 12));
        assert!(pending.superfluous(3).is_none());
        assert!(pending.superfluous(2).is_some());
        assert!(pending.answered(0, true).is_some() && pending.answered(0, true).is_none());
        assert!(pending.give_up(2).is_some());
        let notice = NoResponders { subject: Some("a".into()) };
        assert_eq!(pending.unserved(Dialect::Esp, &notice).map(|(id, _)| id), Some(5));
        assert!(pending.expired(Instant::now() - Duration::from_millis(1)).is_none());
        assert_eq!(pending.expired(Instant::now()).map(|(id, _)| id), Some(3));
        assert_eq!(pending.pop().map(|(id, _)| id), Some(4));
        assert!(pending.pop().is_none() && pending.next_deadline().is_none());
        assert_eq!((pending.asked(), pending.kept(), pending.unasked_waiting), (0, 0, 0));
    }
}
