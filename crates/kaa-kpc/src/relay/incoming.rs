//! What extensions send: answers, pushes, and the server's notices that nobody listens.

use bytes::Bytes;
use kaa_bus::{Message, NoResponders};
use kaa_protocol::avro::Record;
use kaa_protocol::elce::ConnectedEvent;
use kaa_protocol::esp::ExtensionData;
use kaa_protocol::kp1::RequestPath;
use kaa_protocol::name::{EndpointId, ServiceInstance};
use kaa_protocol::subject::Subject;
use tokio::time::Instant;

use super::core::{Core, service_wide};
use super::delivery::{Answer, Delivery, Refusal};
use super::pending::Relation;
use super::pins::{Party, Wish};

/// Who else got a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscribed {
    /// Nobody: it came to this replica.
    Alone,
    /// All replicas of the service.
    Together,
}

/// How far the clock of an extension may be ahead or behind before its push counts as expired.
const CLOCK_SKEW: std::time::Duration = std::time::Duration::from_secs(1);

impl Core {
    /// Takes a message in.
    pub(super) fn take_in(&self, message: &Message, subscribed: Subscribed) {
        if let Some(notice) = &message.no_responders {
            return self.unserved(notice);
        }
        let Ok(decoded) = ExtensionData::decode(&message.payload) else {
            return self.tally.malformed();
        };
        if decoded.trailing > 0 {
            self.tally.trailing_bytes();
        }
        let data = &decoded.record;
        let wish = Wish::judge(message.reply_to.as_ref());
        if wish == Wish::Hostile {
            self.tally.hostile_reply_to();
        }
        let Some(id) = self.request_of(data.correlation_id) else {
            return match data.request_id {
                None => self.push(message, data, wish, subscribed),
                Some(_) => self.tally.stray(),
            };
        };
        let relation = self.lock().pending.get(id).map(|request| request.relation(data));
        let is_push = data.request_id.is_none() && is_success(data);
        match relation {
            Some(Relation::Answer) => self.answer(id, data, wish, subscribed),
            Some(Relation::Push) => self.push(message, data, wish, subscribed),
            Some(Relation::Stray) => self.tally.stray(),
            // What repeats the ID of a request that is over and answers nothing.
            None if is_push => self.push(message, data, wish, subscribed),
            None => self.tally.late(),
        }
    }

    fn answer(&self, id: u64, data: &ExtensionData<'_>, wish: Wish, subscribed: Subscribed) {
        let mut state = self.lock();
        let Some(request) = state.pending.answered(id, subscribed == Subscribed::Alone) else {
            return self.tally.late();
        };
        state.follow(wish, request.party.clone(), &request.extension);
        if request.request_id.is_none() && is_success(data) {
            self.tally.silent();
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
        self.look_idle(&state);
    }

    fn push(&self, message: &Message, data: &ExtensionData<'_>, wish: Wish, subscribed: Subscribed) {
        if !is_success(data) {
            return self.tally.stray();
        }
        let deadline = data.expires_at();
        let now = self.options.clock.now();
        let is_expired = |deadline: std::time::SystemTime| {
            now.duration_since(deadline).is_ok_and(|late| late > CLOCK_SKEW)
        };
        match deadline {
            Ok(deadline) if deadline.is_some_and(is_expired) => return self.tally.expired(),
            Ok(_) => {}
            Err(_) => return self.tally.malformed(),
        }
        let named = data.extension_instance_name.and_then(|name| name.parse::<ServiceInstance>().ok());
        let resource_path = data.resource_path.parse().ok();
        let (Some(extension), Some(resource_path)) = (named, resource_path) else {
            return self.tally.malformed();
        };
        let mut state = self.lock();
        let state = &mut *state;
        let hold = data.endpoint_id.and_then(|id| Some((id, state.endpoints.holder(id)?)));
        let Some((endpoint, hold)) = hold else {
            self.tally.not_held();
            if subscribed == Subscribed::Alone {
                self.forward(message, wish);
            }
            return;
        };
        let app_version = data.app_version_name.and_then(|name| name.parse().ok());
        let path = RequestPath {
            app_version: app_version.unwrap_or_else(|| hold.app_version.clone()),
            extension: extension.clone(),
            endpoint: hold.token.clone(),
            resource_path,
            request_id: None,
        };
        let payload = Bytes::copy_from_slice(data.payload.unwrap_or_default());
        if state.clients.deliver(hold.connection, Delivery::Push { path, payload }) {
            self.tally.pushed();
        } else {
            self.tally.undelivered();
        }
        // A push without an address says nothing about requests.
        if matches!(wish, Wish::Here(_)) {
            let party = endpoint.parse::<EndpointId>().ok().map(Party::Endpoint);
            state.follow(wish, party, &extension);
        }
    }

    /// Passes on a push that came after its endpoint had left for another replica.
    fn forward(&self, message: &Message, wish: Wish) {
        let reply_to: Option<Subject> = match wish {
            Wish::Here(subject) => Some(subject),
            Wish::Anywhere | Wish::Hostile => None,
        };
        let payload = message.payload.clone();
        if self.bus().try_publish(self.service_subject.clone(), reply_to, payload).is_ok() {
            self.tally.forwarded();
        }
    }

    /// A request found nobody. A pinned one gets a second chance.
    fn unserved(&self, notice: &NoResponders) {
        let mut state = self.lock();
        let Some((id, mut request)) = state.pending.unserved(notice) else {
            return self.tally.unknown_notices();
        };
        let mut refusal = Refusal::NobodyServes(request.extension.clone());
        if let Some(pinned) = request.pinned.take() {
            if let Some(party) = &request.party {
                state.pins.remove_if(party, &request.extension, &pinned.subject);
            }
            if let Some(datum) = pinned.datum {
                let subject = service_wide(request.extension.clone());
                match self.publish_to(&subject, datum) {
                    Ok(()) => {
                        self.tally.resent();
                        return state.pending.sent(id, subject, request);
                    }
                    Err(refused) => refusal = refused,
                }
            }
        }
        self.refuse(&mut state, id, request, refusal);
    }

    /// Ends the requests whose time is over, and says when the next one's is.
    pub(super) fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut state = self.lock();
        while let Some((id, request)) = state.pending.expired(now) {
            if request.request_id.is_some() {
                let (extension, timeout) = (request.extension.clone(), self.options.request_timeout);
                self.refuse(&mut state, id, request, Refusal::TimedOut { extension, timeout });
            } else {
                self.tally.silent();
                state.forget(id, &request);
            }
        }
        state.pending.next_deadline()
    }

    /// A replica of the service says which endpoints it has.
    pub(super) fn hear(&self, event: &ConnectedEvent) {
        let is_own = self.messaging.is_own(event);
        let mut state = self.lock();
        for endpoint in event.endpoints.keys() {
            if is_own {
                state.endpoints.echoed(endpoint);
            } else {
                state.is_elsewhere(endpoint);
            }
        }
    }
}

fn is_success(data: &ExtensionData<'_>) -> bool {
    (200..300).contains(&data.status_code)
}
