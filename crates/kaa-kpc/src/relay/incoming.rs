//! What comes in: answers of extensions, the server's notices that nobody listens, time that is over, and
//! what other replicas of the service tell.

use bytes::Bytes;
use kaa_bus::{Forbidden, Message, NoResponders, planted};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::elce::ConnectedEvent;
use kaa_protocol::esp::ExtensionData;
use tokio::time::Instant;

use super::core::Core;
use super::delivery::{Answer, Refusal};
use super::dialects::{Heard, Route, read};
use super::pending::Relation;
use super::pins::Wish;
use super::state::State;

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) dialect: Dialect,
    pub(super) subscribed: Subscribed,
}

/// Who else got a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscribed {
    /// Nobody: it came to this replica.
    Alone,
    /// All replicas of the service.
    Together,
}

impl Core {
    /// Takes a message in.
    pub(super) fn take_in(&self, message: &Message, origin: Origin) {
        if let Some(notice) = &message.no_responders {
            return self.unserved(origin.dialect, notice);
        }
        let read = read(origin.dialect, &message.payload);
        let mut state = self.lock();
        self.tally.heard();
        let Some(Heard { mut data, has_trailing_bytes, is_status }) = read else {
            return self.tally.malformed();
        };
        if has_trailing_bytes {
            self.tally.trailing_bytes();
        }
        let wish = Wish::judge(origin.dialect, message.reply_to.as_ref(), &data);
        if wish == Wish::Hostile {
            self.tally.hostile_reply_to();
        }
        let is_push = data.request_id.is_none() && is_success(&data) && !is_status;
        let Some(id) = self.request_of(data.correlation_id) else {
            return match data.request_id {
                None if !is_status => self.push(&mut state, message, &data, wish, origin),
                _ => self.tally.stray(),
            };
        };
        let waiting = state.pending.get(id);
        if origin.dialect == Dialect::Ecs2Ext {
            data.request_id = waiting.and_then(|request| request.request_id).map(i32::from);
        }
        match waiting.map(|request| request.relation(&data)) {
            Some(Relation::Answer) => self.answer(&mut state, id, &data, wish, origin),
            Some(Relation::Push) => self.push(&mut state, message, &data, wish, origin),
            Some(Relation::Stray) => self.tally.stray(),
            // What repeats the ID of a request that is over and answers nothing. Without request IDs it is
            // taken for a second answer.
            None if is_push && origin.dialect == Dialect::Esp => {
                self.push(&mut state, message, &data, wish, origin);
            }
            None => self.tally.late(),
        }
    }

    fn answer(&self, state: &mut State, id: u64, data: &ExtensionData<'_>, wish: Wish, origin: Origin) {
        let expected = state.pending.get(id).map(|request| request.dialect);
        let behind_notices = origin.subscribed == Subscribed::Alone && expected == Some(origin.dialect);
        let Some(mut request) = state.pending.answered(id, behind_notices) else {
            return self.tally.late();
        };
        state.follow(wish, request.party.take(), &request.extension);
        if request.request_id.is_none() && is_success(data) {
            self.tally.silent();
            request.ends(data.status_code);
            return state.forget(id, &request);
        }
        self.tally.answered();
        let answer = Answer {
            status_code: data.status_code,
            reason_phrase: data.reason_phrase.unwrap_or("the extension gives no reason").into(),
            // A slice would keep the whole read buffer alive as long as a slow client has not got it.
            payload: Bytes::copy_from_slice(data.payload.unwrap_or_default()),
        };
        state.settle(id, request, answer, &self.tally);
        self.look_idle(state);
    }

    /// A request found nobody. A pinned one gets a second chance.
    fn unserved(&self, dialect: Dialect, notice: &NoResponders) {
        let mut state = self.lock();
        self.tally.heard();
        let Some((id, mut request)) = state.pending.unserved(dialect, notice) else {
            return self.tally.unknown_notices();
        };
        let mut refusal = Refusal::NobodyServes(request.extension.clone());
        if let Some(pinned) = request.pinned.take().filter(|_| !planted!("no second chance for the pinned")) {
            if let Some(party) = &request.party {
                state.pins.remove_if(party, &request.extension, &pinned.subject);
            }
            if let Some(datum) = pinned.datum {
                let Route { dialect, subject } = state.routes.to(&request.extension);
                match self.publish_to(dialect, &subject, datum, request.context()) {
                    Ok(()) => {
                        self.tally.resent();
                        return state.pending.sent(id, subject, request);
                    }
                    Err(refused) => refusal = refused,
                }
            }
        }
        self.tally.unserved();
        self.refuse(&mut state, id, request, refusal);
    }

    /// The server does not let this service publish to a subject: no request that went there has arrived.
    pub(super) fn forbidden(&self, forbidden: &Forbidden) {
        let subject = Some(Bytes::copy_from_slice(forbidden.subject().as_bytes()));
        let nobody_got_it = NoResponders { subject };
        let mut state = self.lock();
        for dialect in [Dialect::Esp, Dialect::Ecs2Ext] {
            while let Some((id, request)) = state.pending.unserved(dialect, &nobody_got_it) {
                let refusal = Refusal::Forbidden(request.extension.clone());
                self.refuse(&mut state, id, request, refusal);
            }
        }
    }

    /// Ends the requests whose time is over, and says when the next one's is.
    pub(super) fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut state = self.lock();
        while let Some((id, request)) =
            state.pending.expired(now).filter(|_| !planted!("a timeout without a word"))
        {
            if request.request_id.is_some() {
                let (extension, timeout) = (request.extension.clone(), self.options.request_timeout);
                self.refuse(&mut state, id, request, Refusal::TimedOut { extension, timeout });
            } else {
                self.tally.unanswered();
                state.forget(id, &request);
            }
        }
        self.check(&state);
        state.pending.next_deadline()
    }

    /// A replica of the service says which endpoints it has, if that can be read.
    pub(super) fn hear<E>(&self, event: Result<ConnectedEvent, E>) {
        let mut state = self.lock();
        self.tally.heard();
        let Ok(event) = event else { return self.tally.malformed() };
        self.tally.endpoint_events();
        let is_own = self.messaging.is_own(&event);
        state.has_peers |= !is_own;
        for endpoint in event.endpoints.keys() {
            if is_own {
                state.endpoints.echoed(endpoint);
            } else {
                state.is_elsewhere(endpoint);
            }
        }
    }
}

pub(super) fn is_success(data: &ExtensionData<'_>) -> bool {
    (200..300).contains(&data.status_code)
}
