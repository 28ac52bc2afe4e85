//! What every way in asks before a request goes out: may this be asked, and for whom?

mod path;

use kaa_protocol::kp1::RequestPath;

use crate::applications::Applications;
use crate::counters::counters;
use crate::http;
use crate::identity::clients::{Authenticator, Client};
use crate::identity::tokens::{KnownEndpoint, Tokens};
use crate::limits::Limits;
use crate::relay::{Answer, Relay};
use crate::session::Sessions;

/// What connections share, whatever they speak.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) relay: Relay,
    pub(crate) applications: Applications,
    pub(crate) authenticator: Authenticator,
    pub(crate) tokens: Tokens,
    pub(crate) sessions: Sessions,
    pub(crate) limits: Limits,
    pub(crate) tally: Tally,
    pub(crate) http: http::Tally,
}

impl Front {
    /// Reads the topic of a request.
    ///
    /// # Errors
    ///
    /// 400 with the reason.
    pub(crate) fn read_topic(&self, topic: &str) -> Result<RequestPath, Answer> {
        path::read_topic(topic, &self.limits, &self.applications)
    }

    /// Reads the path of a URL, without its query.
    ///
    /// # Errors
    ///
    /// As [`read_topic`](Self::read_topic).
    pub(crate) fn read_url_path(&self, path: &str) -> Result<RequestPath, Answer> {
        path::read_url_path(path, &self.limits, &self.applications)
    }

    /// The endpoint that a request is for, as far as it is known at once: `Some(Ok(None))` for an extension
    /// that knows none, `None` when [`ask_endpoint`](Self::ask_endpoint) has to find out.
    pub(crate) fn know_endpoint(
        &self,
        path: &RequestPath,
        client: &Client,
    ) -> Option<Result<Option<KnownEndpoint>, Answer>> {
        let application = match self.applications.allow(path) {
            Ok(application) => application,
            Err(refusal) => return Some(Err(refusal)),
        };
        let Some(token) = &path.endpoint else { return Some(Ok(None)) };
        Some(self.tokens.know(application, path, token, client)?.map(Some))
    }

    /// The same, asking others where needed.
    ///
    /// # Errors
    ///
    /// 400, 403, 404 or 503 with the reason.
    pub(crate) async fn ask_endpoint(
        &self,
        path: &RequestPath,
        client: &Client,
    ) -> Result<Option<KnownEndpoint>, Answer> {
        let application = self.applications.allow(path)?;
        let Some(token) = &path.endpoint else { return Ok(None) };
        self.tokens.ask(application, path, token, client).await.map(Some)
    }
}

counters! {
    /// What happened to sessions of MQTT, at one moment.
    ///
    /// Every message becomes a request, is answered here, or is given up with its session:
    ///
    /// ```text
    /// messages = sent + refused + abandoned + those whose token is being asked for
    /// ```
    ///
    /// The other figures are not part of the sum.
    pub struct FrontCounters;
    /// The living figures behind [`FrontCounters`].
    pub(crate) struct Tally;
    /// Logins refused.
    denied
    /// Connections closed because their client did not log in in time.
    slow_logins
    /// Sessions opened.
    opened
    /// Connections that ended without a word of the client.
    lost
    /// Connections closed because their client broke a rule of MQTT.
    violations
    /// Sessions ended because nothing came for one and a half times the keep alive, or for too long.
    silent_clients
    /// Sessions ended because a packet took too long to arrive.
    slow_packets
    /// Sessions ended because their client did not take what was sent to it.
    slow_readers
    /// Sessions of MQTT 3.1.1 ended because the bus did not confirm their messages.
    unconfirmed
    /// Sessions ended because another connection uses their client identifier.
    taken_over
    /// Sessions ended because what they rest on was revoked.
    revoked
    /// Sessions ended because their client does not take even the smallest packets.
    unwritable
    /// Messages received from MQTT clients, duplicates not counted.
    messages
    /// Messages of MQTT clients that became requests to an extension. The relay counts what becomes of those.
    sent
    /// Messages of MQTT clients that were answered with an error instead of being sent to an extension.
    refused
    /// Messages of MQTT clients whose session ended before it was known whose token they have.
    abandoned
    /// Answers and pushes written to MQTT clients.
    delivered
    /// Answers and pushes larger than their MQTT client takes. An error takes the place of an answer.
    too_large
    /// Answers and pushes that are no MQTT message, because their path is no topic name.
    undeliverable
}

impl FrontCounters {
    /// Whether every message is accounted for, and none twice: true whenever no token is being asked for.
    pub fn is_balanced(&self) -> bool {
        self.messages == self.sent + self.refused + self.abandoned
    }
}
