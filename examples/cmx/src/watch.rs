//! One configuration that an endpoint observes: how it comes to have the latest.
//!
//! Every replica has a watch for each observation, and in one of them it is *ours*: that one sends. The others
//! hear of the same hints and follow what is told about it, to go on when they have to.
//!
//! Whatever is sent to the endpoint about it is sent in turn: who has the turn asks the provider and sends
//! what came, and gives the turn back when that is with the bus. So nothing overtakes, and what is sent later
//! was asked for later.
//!
//! A *hint* is anything after which the endpoint may have something else than the latest. It is only counted.
//! [`Watch::catch_up`] asks until the provider says that the endpoint has the latest: a hint that comes while
//! the provider thinks is not lost, a thousand that come at once are a few questions, and none is ever believed.

mod catch_up;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::protocol::name::ReplicaId;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use crate::claim::Claim;
use crate::key::Key;
use crate::notice::{Notice, Observed, Told};

/// The right to send.
pub(crate) type Turn = OwnedMutexGuard<()>;

/// The observation of one configuration.
#[derive(Debug)]
pub(crate) struct Watch {
    endpoint: EndpointId,
    name: Option<ConfigName>,
    turn: Arc<tokio::sync::Mutex<()>>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    app_version: AppVersion,
    session: Session,
    claim: Claim,
    /// Whether the claim is of this replica.
    is_ours: bool,
    is_over: bool,
    /// When the endpoint was heard of last.
    heard: Instant,
    /// When the replica that has it spoke of it last.
    mentioned: Instant,
    /// How often nobody was found who has it.
    orphaned: u32,
    hints: u64,
    /// The hints that were answered.
    checked: u64,
    /// Whether it waits in the backlog.
    is_queued: bool,
    /// The provider is left alone until then.
    rest: Instant,
    /// What the endpoint was sent last. Changed by who has the turn.
    known: Sent,
    /// What the endpoint is sure to have: it said so, or it got it as an answer.
    confirmed: Option<String>,
    /// What the endpoint has by news from elsewhere, to replace `known` in the next turn.
    corrected: Option<Sent>,
}

/// What an endpoint was sent last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sent {
    config_id: Option<String>,
    /// Whether it may have something else all the same: nobody knows whether this was really sent, or what came
    /// last. Then it is sent the latest, whatever that is.
    is_doubtful: bool,
}

impl From<Option<String>> for Sent {
    fn from(config_id: Option<String>) -> Self {
        Self { config_id, is_doubtful: false }
    }
}

impl Watch {
    /// One of this replica.
    pub(crate) fn new(key: Key, session: Session, claim: Claim) -> Self {
        let Key { app_version, endpoint, name } = key;
        let now = Instant::now();
        let inner = Inner {
            app_version,
            session,
            claim,
            is_ours: true,
            is_over: false,
            heard: now,
            mentioned: now,
            orphaned: 0,
            hints: 0,
            checked: 0,
            is_queued: false,
            rest: now,
            known: Sent::default(),
            confirmed: None,
            corrected: None,
        };
        Self { endpoint, name, turn: Arc::default(), inner: Mutex::new(inner) }
    }

    /// A copy of one of another replica.
    pub(crate) fn copy(key: Key, session: Session, claim: &Claim, observed: Observed) -> Self {
        let watch = Self::new(key, session.clone(), claim.clone());
        watch.lock().heard = observed.heard();
        watch.follows(claim, session, observed);
        watch
    }

    pub(crate) fn key(&self) -> Key {
        let app_version = self.lock().app_version.clone();
        Key { app_version, endpoint: self.endpoint.clone(), name: self.name.clone() }
    }

    pub(crate) fn endpoint(&self) -> &EndpointId {
        &self.endpoint
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

    /// This replica has it from now on, and does not know what was missed.
    pub(crate) fn is_claimed(&self, claim: Claim) {
        let mut inner = self.lock();
        inner.claim = claim;
        inner.is_ours = true;
        inner.orphaned = 0;
        inner.hints += 1;
    }

    /// Whether another replica that took the observation did so after the one that has it.
    pub(crate) fn gives_way_to(&self, claim: &Claim) -> bool {
        *claim > self.lock().claim
    }

    /// Another replica has it, and this is how it stands; `false` when one with a greater claim has it.
    pub(crate) fn follows(&self, claim: &Claim, session: Session, observed: Observed) -> bool {
        let mut inner = self.lock();
        if *claim < inner.claim {
            return false;
        }
        inner.claim = claim.clone();
        inner.is_ours = false;
        inner.orphaned = 0;
        inner.mentioned = Instant::now();
        inner.heard = inner.heard.max(observed.heard());
        inner.app_version = observed.app_version;
        session.pin();
        inner.session = session;
        inner.confirmed = observed.confirmed;
        inner.corrected = Some(Sent { config_id: observed.told, is_doubtful: observed.is_doubtful });
        true
    }

    /// How it stands, for those who follow; or, when this replica has it no longer, that the endpoint was told
    /// something all the same.
    pub(crate) fn notice(&self) -> Notice {
        let inner = self.lock();
        let (endpoint_id, config_name) = (self.endpoint.clone(), self.name.clone());
        if !inner.is_ours || inner.is_over {
            let config_id = inner.known.config_id.clone().unwrap_or_default();
            return Notice::Told(Told { endpoint_id, config_name, config_id });
        }
        let Sent { config_id: told, is_doubtful } = inner.latest().clone();
        Notice::Observed(Box::new(Observed {
            app_version: inner.app_version.clone(),
            endpoint_id,
            config_name,
            since: inner.claim.time,
            session: inner.session.store(),
            told,
            is_doubtful,
            confirmed: inner.confirmed.clone(),
            unheard_millis: u64::try_from(inner.heard.elapsed().as_millis()).unwrap_or(u64::MAX),
        }))
    }

    /// Whether this replica has it.
    pub(crate) fn is_ours(&self) -> bool {
        let inner = self.lock();
        inner.is_ours && !inner.is_over
    }

    /// Who has it, unless it is over.
    pub(crate) fn holder(&self) -> Option<ReplicaId> {
        let inner = self.lock();
        (!inner.is_over).then(|| inner.claim.replica.clone())
    }

    /// Nobody is there who has it, once more; how often that was so.
    pub(crate) fn is_orphaned(&self) -> u32 {
        let mut inner = self.lock();
        inner.orphaned = inner.orphaned.saturating_add(1);
        inner.orphaned
    }

    /// The endpoint was heard of just now.
    pub(crate) fn is_heard_of(&self) {
        self.lock().heard = Instant::now();
    }

    /// How long the endpoint was not heard of.
    pub(crate) fn unheard(&self) -> Duration {
        self.lock().heard.elapsed()
    }

    /// Whether the replica that has it has not spoken of it for this long.
    pub(crate) fn is_unmentioned_for(&self, duration: Duration) -> bool {
        let inner = self.lock();
        !inner.is_ours && inner.mentioned.elapsed() >= duration
    }

    /// The endpoint may have something else than the latest.
    pub(crate) fn hint(&self) {
        self.lock().hints += 1;
    }

    /// The endpoint may have missed what nobody confirmed.
    pub(crate) fn hint_of_connection(&self, app_version: AppVersion, session: Session) {
        self.is_reached_by(app_version, session);
        let mut inner = self.lock();
        inner.corrected = Some(inner.confirmed.clone().into());
    }

    /// Another replica answered the endpoint.
    pub(crate) fn hint_of_answer(&self, config_id: String) {
        let mut inner = self.lock();
        inner.hints += 1;
        inner.confirmed = Some(config_id.clone());
        inner.corrected = Some(Some(config_id).into());
    }

    /// Another replica has told the endpoint this, in the belief that the observation was its own.
    pub(crate) fn hint_of_push(&self, told: Option<&str>) {
        let mut inner = self.lock();
        if inner.latest().config_id.as_deref() != told {
            let config_id = inner.latest().config_id.clone();
            inner.hints += 1;
            inner.corrected = Some(Sent { config_id, is_doubtful: true });
        }
    }

    /// The endpoint reported on a configuration, so a push of it has arrived.
    pub(crate) fn is_confirmed(&self, config_id: &str) {
        let mut inner = self.lock();
        if inner.latest().config_id.as_deref() == Some(config_id) {
            inner.confirmed = Some(config_id.to_owned());
        }
    }

    /// In turn: the endpoint has this one, whatever was heard before.
    pub(crate) fn has(&self, config_id: Option<String>) {
        let mut inner = self.lock();
        inner.corrected = None;
        inner.confirmed.clone_from(&config_id);
        inner.known = config_id.into();
    }

    /// In turn: the endpoint is about to be sent this one. The other replicas are told so before, by the
    /// [notice](Self::notice): should this one die now, nobody knows whether it was.
    pub(crate) fn is_sent(&self, config_id: String) {
        let mut inner = self.lock();
        inner.corrected = None;
        inner.known = Sent { config_id: Some(config_id), is_doubtful: true };
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

    /// Whether this replica has to look up what the latest is.
    pub(crate) fn is_behind(&self) -> bool {
        let inner = self.lock();
        inner.is_ours && !inner.is_over && inner.hints > inner.checked
    }

    /// Nothing is sent any more, but for what is being sent at this moment.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
    }

    /// Enters the backlog; `false` when it is there already.
    pub(crate) fn enters_backlog(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_queued, true)
    }

    pub(crate) fn leaves_backlog(&self) {
        self.lock().is_queued = false;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What the endpoint was sent last, as far as anybody knows.
    fn latest(&self) -> &Sent {
        self.corrected.as_ref().unwrap_or(&self.known)
    }
}
