//! From a login to a verdict, where not everybody may connect.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::counters::Tally;
use super::listed::Listed;
use super::login::{Client, Denied, Login, Shown};
use super::options::GuessLimits;
use super::provider::Provider;
use super::throttle::Throttle;

/// How clients are told apart.
#[derive(Debug)]
pub(super) struct Checks {
    judge: Arc<Judge>,
    certificates_count: bool,
    throttle: Arc<Throttle>,
    /// For evaluations: each takes memory and processor time, here or elsewhere. Those that wait are connections
    /// before login, which are limited.
    turns: Arc<Semaphore>,
    timeout: Duration,
    pub(super) tally: Arc<Tally>,
}

/// Who decides.
#[derive(Debug)]
pub(super) enum Judge {
    Listed(Listed),
    Provider(Provider),
    #[cfg(test)]
    Puppet(super::tests::Puppet),
}

/// The bounds of all modes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How many evaluations there may be at once.
    pub(super) evaluations: usize,
    pub(super) timeout: Duration,
    pub(super) guesses: GuessLimits,
}

impl Checks {
    pub(super) fn new(judge: Judge, certificates_count: bool, bounds: Bounds, tally: Arc<Tally>) -> Self {
        Self {
            judge: Arc::new(judge),
            certificates_count,
            throttle: Arc::new(Throttle::new(bounds.guesses)),
            turns: Arc::new(Semaphore::new(bounds.evaluations.min(Semaphore::MAX_PERMITS))),
            timeout: bounds.timeout,
            tally,
        }
    }

    pub(super) async fn decide(&self, login: &Login, from: IpAddr) -> Result<Client, Denied> {
        // Who shows nothing guesses nothing.
        let shown = Shown::of(login, self.certificates_count).ok_or(Denied::Credentials)?;
        let evaluated = tokio::time::timeout(self.timeout, self.evaluate(shown, from)).await;
        evaluated.unwrap_or(Err(Denied::Unavailable))
    }

    async fn evaluate(&self, shown: Shown, from: IpAddr) -> Result<Client, Denied> {
        let start = Instant::now();
        let attempt = self.throttle.begin(from, &shown).await?;
        if let Some(verdict) = self.judge.know(&shown) {
            self.tally.known();
            attempt.settle(&verdict);
            return verdict;
        }
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Denied::Unavailable)?;
        let (judge, tally) = (Arc::clone(&self.judge), Arc::clone(&self.tally));
        let left = self.timeout.saturating_sub(start.elapsed());
        // A task of its own: what has begun is counted as it ends, and has its turn for as long as it takes,
        // even if the client hangs up.
        let evaluation = tokio::spawn(async move {
            tally.evaluated();
            let verdict = judge.evaluate(shown, left).await;
            attempt.settle(&verdict);
            drop(turn);
            verdict
        });
        evaluation.await.unwrap_or(Err(Denied::Unavailable))
    }
}

impl Judge {
    /// What costs nothing to say.
    fn know(&self, shown: &Shown) -> Option<Result<Client, Denied>> {
        match self {
            Self::Listed(listed) => listed.know(shown),
            Self::Provider(provider) => provider.know(shown),
            #[cfg(test)]
            Self::Puppet(_) => None,
        }
    }

    async fn evaluate(&self, shown: Shown, deadline: Duration) -> Result<Client, Denied> {
        match self {
            Self::Listed(listed) => listed.verify(shown).await,
            Self::Provider(provider) => provider.ask(shown, deadline).await,
            #[cfg(test)]
            Self::Puppet(puppet) => puppet.evaluate().await,
        }
    }
}
