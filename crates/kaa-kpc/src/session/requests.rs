//! A message of the client becomes a request.

use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use kaa_protocol::kp1::RequestPath;

use crate::front::Front;
use crate::identity::clients::Client;
use crate::identity::tokens::KnownEndpoint;
use crate::mqtt::ReasonCode;
use crate::mqtt::packet::Publish;
use crate::relay::{Answer, Asked, Request};

use super::registry::Handle;

/// A message whose topic has been read.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) asked: Asked,
    path: RequestPath,
    payload: Bytes,
}

/// A message that is not sent.
#[derive(Debug)]
pub(super) struct NotSent {
    pub(super) asked: Asked,
    pub(super) answer: Answer,
    pub(super) reason: ReasonCode,
}

/// What becomes of a message.
#[derive(Debug)]
pub(super) enum Outcome {
    Send(Request, Asked),
    Refuse(NotSent),
    /// Whose token it is has to be asked for.
    Ask(Wanted),
}

/// A message that waits until it is known whose token it has. Dropping it gives the message up.
struct Asking {
    front: Arc<Front>,
    is_done: bool,
}

impl Asking {
    fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if !self.is_done {
            self.front.tally.abandoned();
        }
    }
}

/// The endpoint of a request; `None` for an extension that knows none.
pub(super) type Endpoint = Result<Option<KnownEndpoint>, Answer>;

impl Wanted {
    /// Reads the topic of a message.
    pub(super) fn read(publish: Publish, mark: u64, front: &Front) -> Result<Self, Box<NotSent>> {
        // A copy: the relay keeps it for as long as the request waits, and should not keep the packet.
        let topic = ByteString::from(publish.topic.as_str());
        let path = front.read_topic(&topic);
        let asked = Asked { topic, mark };
        match path {
            Ok(path) => Ok(Self { asked, path, payload: publish.payload }),
            Err(answer) => {
                let reason = match answer.status_code {
                    400 => ReasonCode::TopicNameInvalid,
                    code => reason_of(code),
                };
                Err(Box::new(NotSent { asked, answer, reason }))
            }
        }
    }

    /// Sends it, if its endpoint is known here.
    pub(super) fn try_send(self, front: &Front, session: &Handle) -> Outcome {
        let revocations = front.sessions.revocations();
        match front.know_endpoint(&self.path, session.client()) {
            Some(endpoint) => self.decide(endpoint, session, || front.sessions.revocations() != revocations),
            None => Outcome::Ask(self),
        }
    }

    /// Asks whose token it is until nothing was revoked meanwhile.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, nothing was sent, and the message counts as abandoned.
    pub(super) fn ask(
        self,
        front: Arc<Front>,
        client: Client,
    ) -> impl Future<Output = (Self, Endpoint, u64)> + Send {
        // From now on, even if nobody ever looks at the future.
        let asking = Asking { front, is_done: false };
        async move {
            let revocations = asking.front.sessions.revocations();
            let endpoint = asking.front.ask_endpoint(&self.path, &client).await;
            asking.done();
            (self, endpoint, revocations)
        }
    }

    /// What becomes of it when its endpoint is this. `is_old`: whether something was revoked since then.
    ///
    /// A token is noted first and used afterwards, so that a revocation either finds it noted or has
    /// happened before, and then it is asked for again.
    pub(super) fn decide(
        self,
        endpoint: Endpoint,
        session: &Handle,
        is_old: impl FnOnce() -> bool,
    ) -> Outcome {
        let endpoint = match endpoint {
            Ok(endpoint) => endpoint,
            Err(answer) => {
                let reason = reason_of(answer.status_code);
                return Outcome::Refuse(NotSent { asked: self.asked, answer, reason });
            }
        };
        if let Some(token) = endpoint.as_ref().and_then(|endpoint| endpoint.token_id.as_ref()) {
            match session.use_token(token) {
                Some(true) if is_old() => return Outcome::Ask(self),
                Some(_) => {}
                None => return Outcome::Refuse(self.too_many_tokens()),
            }
        }
        let request = Request::new(self.path, self.payload);
        let request = match endpoint {
            Some(known) => request.endpoint(known.endpoint),
            None => request,
        };
        Outcome::Send(request, self.asked)
    }

    fn too_many_tokens(self) -> NotSent {
        let answer = Answer::refused(429, "this connection uses too many tokens; use another connection");
        NotSent { asked: self.asked, answer, reason: ReasonCode::QuotaExceeded }
    }
}

/// The reason code of MQTT 5 for a status code.
fn reason_of(status_code: i32) -> ReasonCode {
    match status_code {
        401 | 403 | 404 => ReasonCode::NotAuthorized,
        413 | 429 => ReasonCode::QuotaExceeded,
        500.. => ReasonCode::UnspecifiedError,
        _ => ReasonCode::ImplementationSpecificError,
    }
}

#[cfg(test)]
#[path = "tests/requests.rs"]
mod tests;
