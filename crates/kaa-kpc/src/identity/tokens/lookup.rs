//! Asking the provider: once for all who want to know.

use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use kaa_bus::RequestError;
use kaa_protocol::ecap::{EndpointTokenValidationRequest, EndpointTokenValidationResponse};
use kaa_protocol::name::{EndpointToken, MAX_NAME_LEN};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::key::{AsKey, Key};
use super::provider::{Shared, State};
use super::{Found, Refusal, Verdict};

const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// A token that is being looked up.
#[derive(Clone)]
pub(super) struct Lookup {
    verdict: watch::Receiver<Option<Verdict>>,
    task: AbortHandle,
}

/// Why the provider has not said anything.
#[derive(Debug, thiserror::Error)]
enum Silence {
    #[error(transparent)]
    Unanswered(#[from] RequestError),
    #[error("no turn within {0:?}: too many tokens are being checked")]
    NoTurn(Duration),
    #[error("the answer has the status code {0}; expected 200, 403 or 404")]
    Status(i32),
    #[error("the answer has no endpoint ID, or a token ID of more than {MAX_NAME_LEN} bytes")]
    Nonsense,
}

impl Lookup {
    pub(super) async fn verdict(mut self) -> Verdict {
        let verdict = self.verdict.wait_for(Option::is_some).await;
        // Without one, the lookup was given up.
        verdict.ok().and_then(|verdict| verdict.clone()).unwrap_or(Err(Refusal::Unavailable))
    }

    pub(super) fn abort(&self) {
        self.task.abort();
    }
}

impl Shared {
    /// The lookup of a token, whoever began it.
    pub(super) fn join(
        self: &Arc<Self>,
        state: &mut State,
        application: &str,
        token: &EndpointToken,
    ) -> Result<Lookup, Refusal> {
        if let Some(lookup) = state.lookups.get(&(application, token) as &dyn AsKey) {
            return Ok(lookup.clone());
        }
        if state.lookups.len() >= self.options.lookups.get().saturating_add(self.options.waiting) {
            self.tally.shed();
            return Err(Refusal::Busy);
        }
        let key = Key::new(application, token);
        let (tell, verdict) = watch::channel(None);
        // A task: who asked first may not stay for the answer.
        let task = tokio::spawn(Arc::clone(self).look_up(key.clone(), tell)).abort_handle();
        let lookup = Lookup { verdict, task };
        state.lookups.insert(key, lookup.clone());
        Ok(lookup)
    }

    async fn look_up(self: Arc<Self>, key: Key, tell: watch::Sender<Option<Verdict>>) {
        let (start, timeout) = (Instant::now(), self.options.timeout);
        let verdict = match tokio::time::timeout(timeout, self.turns.acquire()).await {
            Ok(_turn) => self.settle(&key, start).await,
            Err(_) => self.conclude(&mut self.lock(), &key, Err(Silence::NoTurn(timeout))),
        };
        // Nobody may wait any more.
        let _ = tell.send(Some(verdict));
    }

    /// Asks until the answer is younger than all revocations that concern it.
    async fn settle(&self, key: &Key, start: Instant) -> Verdict {
        loop {
            let asked = self.lock().recent.now();
            let said = self.ask(key, start).await;
            let mut state = self.lock();
            let is_old = said.as_ref().is_ok_and(|verdict| state.recent.concern(asked, verdict));
            if !is_old {
                return self.conclude(&mut state, key, said);
            }
        }
    }

    async fn ask(&self, key: &Key, start: Instant) -> Result<Verdict, Silence> {
        self.tally.asked();
        let request = EndpointTokenValidationRequest {
            app_name: (&*key.application).into(),
            token: (&key.token).into(),
            ..EndpointTokenValidationRequest::default()
        };
        let left = self.options.timeout.saturating_sub(start.elapsed());
        let response = self.messaging.request(self.options.provider.clone(), &request, left).await?;
        read(&response)
    }

    /// The end of a lookup, in one step: what is revoked after it finds the memory in order.
    fn conclude(&self, state: &mut State, key: &Key, said: Result<Verdict, Silence>) -> Verdict {
        state.lookups.remove(key);
        if state.lookups.is_empty() {
            state.recent.rest();
        }
        let verdict = said.unwrap_or_else(|silence| {
            self.warn(state, &silence);
            Err(Refusal::Unavailable)
        });
        match &verdict {
            Ok(_) => self.tally.known(),
            Err(Refusal::Unavailable) => self.tally.failed(),
            Err(_) => self.tally.refused(),
        }
        state.memory.remember(key.clone(), &verdict);
        verdict
    }

    /// One line a minute, whatever clients send meanwhile.
    fn warn(&self, state: &mut State, error: &Silence) {
        if state.warned.is_none_or(|warned| warned.elapsed() >= WARNING_INTERVAL) {
            state.warned = Some(Instant::now());
            let provider = &self.options.provider;
            tracing::warn!(%provider, %error, "a token cannot be checked; its device gets 503");
        }
    }
}

fn read(response: &EndpointTokenValidationResponse) -> Result<Verdict, Silence> {
    match response.status_code {
        200 => {
            let endpoint_id = response.endpoint_id.as_deref().and_then(|id| id.parse().ok());
            let endpoint_id = endpoint_id.ok_or(Silence::Nonsense)?;
            let token_id = response.token_id.as_deref();
            if token_id.is_some_and(|id| id.len() > MAX_NAME_LEN) {
                return Err(Silence::Nonsense);
            }
            // A copy: the text as it came keeps the whole message alive.
            Ok(Ok(Found { endpoint_id, token_id: token_id.map(ByteString::from) }))
        }
        403 => Ok(Err(Refusal::Revoked)),
        404 => Ok(Err(Refusal::Unknown)),
        code => Err(Silence::Status(code)),
    }
}
