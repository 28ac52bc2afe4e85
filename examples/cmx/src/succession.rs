//! How observations outlive the replica that has them.
//!
//! Every replica says every `heartbeat` that it is there, and keeps a copy of what the others have. One that is
//! silent for three of them, or says goodbye, is gone; each of its observations is claimed by its heir, which
//! catches up on what was missed. Replicas that do not agree on who is there may claim the same, or none: the
//! greater claim holds, and what nobody has claimed for a while is claimed by everybody.
//!
//! Whoever hears of a replica for the first time tells it what it has, so a replica that starts soon knows
//! everything, and replicas that could not hear each other settle what both have claimed. What was lost on the
//! way is repaired when all is told again, from time to time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use kaa_ext::bus::{SubscribeError, Subscription};
use kaa_ext::prelude::*;
use kaa_ext::protocol::name::ReplicaId;
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at, timeout};

use crate::App;
use crate::claim::Claim;
use crate::notice::{Ended, Notice, Observed, Signed, Told};
use crate::observations::Verdict;
use crate::roster::{Heard, Roster};
use crate::watch::Watch;

/// How many heartbeats may be missed.
const SILENCE: u32 = 3;

/// How many heartbeats an observation is left to its heir, who may not know of it.
const RELUCTANCE: u32 = 3;

/// How many notices may wait to be heard: as many as the bus lets wait.
const WAITING: usize = 65_536;

/// How many observations are told of at once, and the pause after: some 12,800 in a second.
const BURST: usize = 256;
const PAUSE: Duration = Duration::from_millis(20);

/// How often everything is told again. What is not mentioned three times is no more.
const REFRESH: Duration = Duration::from_secs(600);

/// How long a replica that ends goes on telling a newcomer what it has.
const FAREWELL: Duration = Duration::from_secs(10);

/// This replica among the others.
pub(crate) struct Succession {
    app: App,
    sessions: Sessions,
    notices: Subscription,
    roster: Roster,
    heartbeat: Duration,
    /// When this replica last looked who is there.
    looked: Instant,
    /// What is to be told, at a bounded rate. As bounded as the observations are.
    recital: VecDeque<Arc<Watch>>,
}

impl Succession {
    pub(crate) async fn join(
        app: App,
        sessions: Sessions,
        heartbeat: Duration,
    ) -> Result<Self, SubscribeError> {
        let notices = app.siblings.listen().await?;
        let roster = Roster::new(app.siblings.me().clone(), heartbeat.saturating_mul(SILENCE));
        let (looked, recital) = (Instant::now(), VecDeque::new());
        Ok(Self { app, sessions, notices, roster, heartbeat, looked, recital })
    }

    /// Takes part until the other end of `leave` is dropped, and then says goodbye.
    pub(crate) async fn take_part(mut self, mut leave: oneshot::Receiver<()>) {
        let mut beat = steady(interval(self.heartbeat));
        let mut refresh = steady(interval_at(Instant::now() + REFRESH, REFRESH));
        let mut pause = steady(interval(PAUSE));
        loop {
            tokio::select! {
                biased;
                _ = &mut leave => break,
                _ = beat.tick() => self.look_around(),
                _ = refresh.tick() => self.refresh(),
                _ = pause.tick(), if !self.recital.is_empty() => self.recite(),
                notice = self.notices.next() => match notice {
                    Some(message) => self.hear(&message.payload),
                    None => return,
                },
            }
        }
        self.hear_what_waits();
        let recital = async {
            while !self.recital.is_empty() {
                self.recite();
                pause.tick().await;
            }
        };
        if timeout(FAREWELL, recital).await.is_err() {
            tracing::warn!("some observations end with this replica: there was no time to tell the others");
        }
        self.say(Notice::Goodbye);
    }

    /// Says that this replica is there, and sees who else is.
    fn look_around(&mut self) {
        self.say(Notice::Alive);
        self.hear_what_waits();
        let was_asleep = self.looked.elapsed() >= self.heartbeat.saturating_mul(2);
        self.looked = Instant::now();
        if was_asleep || !self.app.siblings.are_in_reach() {
            self.roster.reprieve();
        }
        for replica in self.roster.bury() {
            tracing::warn!(%replica, "a replica is silent; its observations are taken over");
        }
        self.inherit();
    }

    /// Claims what falls to this replica of what those had who are gone.
    fn inherit(&mut self) {
        for watch in self.app.observations.orphans(|replica| self.roster.has(replica)) {
            let is_left_alone = watch.is_orphaned() > RELUCTANCE;
            if is_left_alone || self.roster.is_heir_of(watch.endpoint()) {
                watch.is_claimed(self.app.siblings.claim());
                self.app.backlog.put(&watch);
                self.recital.push_back(watch);
            }
        }
    }

    /// What waits was said in time, however long it has been waiting.
    fn hear_what_waits(&mut self) {
        for _ in 0..WAITING {
            let Some(message) = self.notices.try_next() else { return };
            self.hear(&message.payload);
        }
    }

    fn hear(&mut self, payload: &[u8]) {
        let Some(Signed { replica, notice }) = self.app.siblings.heard(payload) else { return };
        if matches!(notice, Notice::Goodbye) {
            tracing::info!(%replica, "a replica ends; its observations are taken over");
            self.roster.leaves(&replica);
            return self.inherit();
        }
        match self.roster.hears(&replica) {
            Heard::Again => {}
            Heard::First => {
                tracing::info!(%replica, "another replica is there");
                self.recital = self.app.observations.ours().into();
            }
            Heard::TooMany => {
                return tracing::warn!(%replica, "ignored a replica: there are too many; see who writes to the bus");
            }
        }
        match notice {
            Notice::Observed(observed) => self.observed(replica, *observed),
            Notice::Ended(ended) => self.ended(replica, &ended),
            Notice::Told(told) => self.told(&told),
            Notice::Alive | Notice::Goodbye | Notice::Unknown => {}
        }
    }

    fn observed(&mut self, replica: ReplicaId, observed: Observed) {
        let session = self.sessions.restore(observed.session.clone());
        if session.endpoint_id() != Some(observed.endpoint_id.as_str()) {
            return tracing::warn!(%replica, "ignored an observation whose session is of another endpoint");
        }
        let claim = Claim { time: observed.since, replica };
        if let Verdict::Ours(watch) = self.app.observations.follow(&claim, session, observed) {
            self.app.backlog.put(&watch);
            // Who says so again and again is not told each time.
            if self.recital.len() < WAITING {
                self.recital.push_back(watch);
            }
        }
    }

    fn ended(&self, replica: ReplicaId, ended: &Ended) {
        let claim = Claim { time: ended.since, replica };
        self.app.observations.end(&ended.endpoint_id, ended.config_name.as_ref(), &claim);
    }

    fn told(&self, told: &Told) {
        for watch in self.app.observations.of_endpoint(&told.endpoint_id) {
            if watch.name() == told.config_name.as_ref() {
                watch.hint_of_answer(told.config_id.clone());
                self.app.backlog.put(&watch);
            }
        }
    }

    fn refresh(&mut self) {
        self.app.observations.forget_unmentioned(REFRESH.saturating_mul(3));
        self.recital = self.app.observations.ours().into();
    }

    fn recite(&mut self) {
        for _ in 0..BURST {
            let Some(watch) = self.recital.pop_front() else { return };
            if watch.is_ours() && !self.say(watch.notice()) {
                return self.recital.push_front(watch);
            }
        }
    }

    fn say(&self, notice: Notice) -> bool {
        let said = self.app.siblings.try_tell(notice);
        if let Err(error) = &said {
            tracing::debug!("the other replicas were not told: {error}");
        }
        said.is_ok()
    }
}

/// A clock that does not make up for what it missed.
fn steady(mut interval: Interval) -> Interval {
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
