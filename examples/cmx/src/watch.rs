//! One configuration that an endpoint observes: how it comes to have the latest.
//!
//! Whatever is sent to the endpoint about it is sent in turn: who has the turn asks the provider and sends
//! what came, and gives the turn back when that is with the bus. So nothing overtakes, and what is sent later
//! was asked for later.
//!
//! A *hint* is anything after which the endpoint may have something else than the latest. It is only counted.
//! [`Watch::catch_up`] asks until the provider says that the endpoint has the latest, and no hint came since
//! it was asked: a hint that comes while the provider thinks is not lost, ten that come at once are one
//! question, and none is ever believed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_ext::prelude::*;
use kaa_ext::protocol::cmp::ConfigResponse;
use tokio::sync::OwnedMutexGuard;

use crate::key::Key;
use crate::provider::Provider;
use crate::siblings::Claim;

/// How often a provider is asked in one go that has something else each time.
const ROUNDS: usize = 8;

/// The right to send.
pub(crate) type Turn = OwnedMutexGuard<()>;

/// The observation of one configuration.
#[derive(Debug)]
pub(crate) struct Watch {
    name: Option<ConfigName>,
    turn: Arc<tokio::sync::Mutex<()>>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    app_version: AppVersion,
    endpoint: EndpointId,
    session: Session,
    claim: Claim,
    hints: u64,
    /// The hints that were answered.
    checked: u64,
    /// What the endpoint was sent last. Changed by who has the turn.
    known: Option<String>,
    /// What the endpoint is sure to have: it said so, or it got it as an answer.
    confirmed: Option<String>,
    /// What the endpoint has by news from elsewhere, to replace `known` in the next turn.
    corrected: Option<Option<String>>,
    is_over: bool,
}

impl Watch {
    pub(crate) fn new(key: Key, session: Session, claim: Claim) -> Self {
        let Key { app_version, endpoint, name } = key;
        let inner = Inner {
            app_version,
            endpoint,
            session,
            claim,
            hints: 0,
            checked: 0,
            known: None,
            confirmed: None,
            corrected: None,
            is_over: false,
        };
        Self { name, turn: Arc::default(), inner: Mutex::new(inner) }
    }

    pub(crate) fn key(&self) -> Key {
        let Inner { app_version, endpoint, .. } = &*self.lock();
        Key { app_version: app_version.clone(), endpoint: endpoint.clone(), name: self.name.clone() }
    }

    pub(crate) fn name(&self) -> Option<&ConfigName> {
        self.name.as_ref()
    }

    /// Waits for the right to send. Cancel safe.
    pub(crate) async fn turn(&self) -> Turn {
        self.turn.clone().lock_owned().await
    }

    /// The endpoint is reached this way from now on, and may need the latest.
    pub(crate) fn is_reached_by(&self, app_version: AppVersion, session: Session) {
        session.pin();
        let mut inner = self.lock();
        inner.app_version = app_version;
        inner.session = session;
        inner.hints += 1;
    }

    pub(crate) fn claims(&self, claim: Claim) {
        self.lock().claim = claim;
    }

    /// Whether another replica that took the observation did so after this one.
    pub(crate) fn gives_way_to(&self, claim: &Claim) -> bool {
        *claim > self.lock().claim
    }

    /// The endpoint may have something else than the latest.
    pub(crate) fn hint(&self) {
        self.lock().hints += 1;
    }

    /// The endpoint may have missed what nobody confirmed.
    pub(crate) fn hint_of_connection(&self, app_version: AppVersion, session: Session) {
        self.is_reached_by(app_version, session);
        let mut inner = self.lock();
        inner.corrected = Some(inner.confirmed.clone());
    }

    /// Another replica told the endpoint something.
    pub(crate) fn hint_of_answer(&self, config_id: String) {
        let mut inner = self.lock();
        inner.hints += 1;
        inner.confirmed = Some(config_id.clone());
        inner.corrected = Some(Some(config_id));
    }

    /// The endpoint reported on a configuration, so a push of it has arrived.
    pub(crate) fn is_confirmed(&self, config_id: &str) {
        let mut inner = self.lock();
        if inner.known.as_deref() == Some(config_id) {
            inner.confirmed = Some(config_id.to_owned());
        }
    }

    /// In turn: the endpoint has this one, whatever was heard before.
    pub(crate) fn has(&self, config_id: Option<String>) {
        let mut inner = self.lock();
        inner.corrected = None;
        inner.confirmed.clone_from(&config_id);
        inner.known = config_id;
    }

    /// How many hints there have been.
    pub(crate) fn hints(&self) -> u64 {
        self.lock().hints
    }

    /// The endpoint has the latest as of this number of hints.
    pub(crate) fn is_checked(&self, hints: u64) {
        let mut inner = self.lock();
        inner.checked = inner.checked.max(hints);
    }

    pub(crate) fn is_behind(&self) -> bool {
        let inner = self.lock();
        !inner.is_over && inner.hints > inner.checked
    }

    /// Nothing is sent any more, but for what is being sent at this moment.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
    }

    /// Sends the endpoint the latest configuration unless it has it. What fails is left
    /// [behind](Self::is_behind).
    pub(crate) async fn catch_up(&self, provider: &Provider, messaging: &Messaging) -> Result<(), Failure> {
        let _turn = self.turn().await;
        for _ in 0..ROUNDS {
            let Some((hints, known)) = self.question() else { return Ok(()) };
            let key = self.key();
            let latest = provider.latest(messaging, &key, Some(&known)).await?;
            let config_id = match &latest {
                ConfigResponse::Changed { config_id, .. } if !provider.is_older(config_id, &known) => {
                    config_id.clone()
                }
                _ => {
                    self.is_checked(hints);
                    continue;
                }
            };
            let Some(session) = self.session() else { return Ok(()) };
            session.push(DeviceJson(latest)).await?;
            tracing::debug!(endpoint = %key.endpoint, config_id, "configuration pushed");
            self.lock().known = Some(config_id);
            // It may be out of date by now: only when the provider has nothing newer is this done.
        }
        Err(Failure::unavailable("the configuration changes faster than it can be pushed"))
    }

    /// The number of hints and what the endpoint has, empty for nothing; `None` when every hint was answered.
    fn question(&self) -> Option<(u64, String)> {
        let mut inner = self.lock();
        if inner.is_over || inner.hints <= inner.checked {
            return None;
        }
        if let Some(corrected) = inner.corrected.take() {
            inner.known = corrected;
        }
        Some((inner.hints, inner.known.clone().unwrap_or_default()))
    }

    fn session(&self) -> Option<Session> {
        let inner = self.lock();
        (!inner.is_over).then(|| inner.session.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
