//! Guessing is slow: who fails often has to wait, before anything is evaluated.
//!
//! Two limits hold for every attempt: that of the user at its address, and that of the address. They are of the
//! same kind ([`GuessLimit`]): some failures are free, then each attempt waits twice as long
//! as the one before, and in no window are there more failures than a fixed number. To know the number for
//! sure, only a few attempts of an address are evaluated at once; the others wait their turn. So a whole
//! fleet behind one address can come back at once, and five hundred guesses at once are still ten.
//!
//! Several clients may share an address. A user that has logged in from there before is not held up by the
//! failures of the others, until it fails itself: then the address counts again. To an attacker at the same
//! address, each such user is worth the few guesses that are evaluated at once. A success takes no failure
//! back: the guesses of an attacker would be forgiven whenever the real one comes by.
//!
//! Nothing here grows: the oldest are forgotten. Whoever has so many addresses that others are forgotten
//! gains guesses at the addresses it has left, no more than the new ones give it anyway. It pushes out no
//! user that has logged in before: those are remembered elsewhere, where only right credentials get one in.

mod strikes;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use self::strikes::Strikes;
use super::login::{Denied, Shown};
use super::options::{GuessLimit, GuessLimits};

/// How many groups of addresses wait for their turns apart from each other. More than there are connections
/// before login divided by the turns of a group: an attacker cannot hold up all.
const GROUPS: u64 = 4096;

/// Who may be evaluated, and who has to wait.
pub(super) struct Throttle {
    limits: GuessLimits,
    groups: Box<[Arc<Semaphore>]>,
    hasher: RandomState,
    history: Mutex<History>,
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// By keyed hashes: a user name may have kilobytes, and no stranger can aim at an entry.
#[derive(Debug)]
struct History {
    addresses: LruCache<u64, Strikes>,
    users: LruCache<u64, Strikes>,
    /// Users that have logged in from their address.
    trusted: LruCache<u64, ()>,
}

impl Throttle {
    pub(super) fn new(limits: GuessLimits) -> Self {
        let addresses = limits.remembered;
        let users = addresses.saturating_mul(const { NonZeroUsize::new(4).unwrap() });
        let turns = turns(&limits.per_user).min(turns(&limits.per_address));
        Self {
            limits,
            groups: (0..GROUPS).map(|_| Arc::new(Semaphore::new(turns))).collect(),
            hasher: RandomState::new(),
            history: Mutex::new(History {
                addresses: LruCache::sparse(addresses),
                users: LruCache::sparse(users),
                trusted: LruCache::sparse(users),
            }),
        }
    }

    /// Waits for the turn of an attempt, which may be evaluated then.
    ///
    /// Cancel safe: an attempt that was not evaluated leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`Denied::TooMany`]: it may not.
    pub(super) async fn begin(self: &Arc<Self>, from: IpAddr, shown: &Shown) -> Result<Attempt, Denied> {
        let network = network(from);
        let address = self.hasher.hash_one(network);
        let user = self.hasher.hash_one((network, shown.subject()));
        let group = usize::try_from(address % GROUPS).ok();
        let turns = group.and_then(|group| self.groups.get(group)).ok_or(Denied::Unavailable)?;
        let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| Denied::Unavailable)?;
        let is_trusted = self.lock().begin(&self.limits, address, user)?;
        Ok(Attempt {
            throttle: Arc::clone(self),
            address,
            user,
            is_trusted,
            end: End::Undecided,
            _turn: turn,
        })
    }

    fn lock(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many attempts may be under way without being refused for each other's sake.
fn turns(limit: &GuessLimit) -> usize {
    let turns = limit.evaluations.get().saturating_sub(limit.failures.get()).saturating_add(1);
    usize::try_from(turns).map_or(Semaphore::MAX_PERMITS, |turns| turns.min(Semaphore::MAX_PERMITS))
}

/// What an address counts as: half of an IPv6 address is its owner's to choose.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        address => address,
    }
}

impl History {
    /// Whether the user is trusted, when an attempt may begin.
    fn begin(&mut self, limits: &GuessLimits, address: u64, user: u64) -> Result<bool, Denied> {
        let now = Instant::now();
        let is_trusted = self.trusted.get(&user).is_some();
        let refused = |retry_after| Denied::TooMany { retry_after };
        // Looked at only: who is refused has done nothing that should keep others from being remembered.
        if let Some(strikes) = self.users.peek_mut(&user) {
            strikes.allow(&limits.per_user, now).map_err(refused)?;
        }
        if !is_trusted && let Some(strikes) = self.addresses.peek_mut(&address) {
            strikes.allow(&limits.per_address, now).map_err(refused)?;
        }
        self.users.get_or_insert_mut(user, Strikes::default).begin(now);
        if !is_trusted {
            self.addresses.get_or_insert_mut(address, Strikes::default).begin(now);
        }
        Ok(is_trusted)
    }

    fn end(&mut self, limits: &GuessLimits, attempt: &Attempt) {
        let now = Instant::now();
        let Attempt { address, user, is_trusted, end, .. } = attempt;
        let strikes = self.users.get_or_insert_mut(*user, Strikes::default);
        strikes.end();
        if matches!(end, End::Wrong) {
            strikes.fail(&limits.per_user, now);
        }
        if strikes.is_blank(&limits.per_user, now) {
            self.users.pop(user);
        }
        let strikes = self.addresses.get_or_insert_mut(*address, Strikes::default);
        if !is_trusted {
            strikes.end();
        }
        if matches!(end, End::Wrong) {
            strikes.fail(&limits.per_address, now);
        }
        if strikes.is_blank(&limits.per_address, now) {
            self.addresses.pop(address);
        }
        match end {
            End::Right => self.trusted.put(*user, ()),
            End::Wrong => self.trusted.pop(user),
            End::Undecided => None,
        };
    }
}

/// A login that is being evaluated. Dropping it without a word is [`End::Undecided`].
#[derive(Debug)]
pub(super) struct Attempt {
    throttle: Arc<Throttle>,
    address: u64,
    user: u64,
    /// Whether the limit of the address was not asked.
    is_trusted: bool,
    end: End,
    _turn: OwnedSemaphorePermit,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Right,
    Wrong,
    /// Nobody knows: no success, and no failure.
    Undecided,
}

impl Attempt {
    /// What came out.
    pub(super) fn settle<T>(mut self, verdict: &Result<T, Denied>) {
        self.end = match verdict {
            Ok(_) => End::Right,
            Err(Denied::Credentials) => End::Wrong,
            Err(Denied::Unavailable | Denied::TooMany { .. }) => End::Undecided,
        };
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.throttle.lock().end(&self.throttle.limits, self);
    }
}

#[cfg(test)]
mod tests;
