//! How many may be connected, in all and from one address.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::counters::{ListenCounters, Tally};
use crate::limits::Limits;

/// Decides how many may connect: [`Limits::connections`], [`Limits::connections_before_login`] and
/// [`Limits::connections_per_address`].
///
/// All listeners of a service share one. Clones are cheap, and are the same admission.
#[derive(Clone)]
pub struct Admission {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    taken: Mutex<Taken>,
    freed: Notify,
    tally: Tally,
}

#[derive(Default)]
struct Taken {
    /// Held by listeners that look whether somebody waits.
    reserved: usize,
    connections: usize,
    before_login: usize,
    of_network: HashMap<Network, usize>,
}

impl Admission {
    /// An admission within these limits.
    pub fn new(limits: &Limits) -> Self {
        let (taken, freed, tally) = (Mutex::default(), Notify::new(), Tally::default());
        Self { shared: Arc::new(Shared { limits: *limits, taken, freed, tally }) }
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.taken().connections
    }

    /// Those of them whose client is not known yet.
    pub fn before_login(&self) -> usize {
        self.taken().before_login
    }

    /// What became of connections so far.
    pub fn counters(&self) -> ListenCounters {
        self.shared.tally.snapshot()
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Waits until there is room for one more, and takes nothing.
    pub(super) async fn room(&self) {
        loop {
            // Made before looking: what is freed from here on is not missed.
            let freed = self.shared.freed.notified();
            if !self.is_full(&self.taken()) {
                return;
            }
            freed.await;
        }
    }

    /// Keeps a place for whoever is accepted next. Listeners hold one only while they look, or those
    /// where nobody comes would keep the last places from the others.
    pub(super) fn reserve(&self) -> Option<Place> {
        let mut taken = self.taken();
        if self.is_full(&taken) {
            return None;
        }
        taken.reserved += 1;
        Some(Place { admission: self.clone() })
    }

    fn is_full(&self, taken: &Taken) -> bool {
        let Limits { connections, connections_before_login, .. } = self.shared.limits;
        taken.connections.saturating_add(taken.reserved) >= connections
            || taken.before_login.saturating_add(taken.reserved) >= connections_before_login
    }

    /// Nothing panics with the lock held, so a poisoned one is still a good one.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free(&self, what: impl FnOnce(&mut Taken)) {
        what(&mut self.taken());
        // All of them: the first one may find that its client has left, and would not wake the next.
        self.shared.freed.notify_waiters();
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken = self.taken();
        f.debug_struct("Admission")
            .field("open", &taken.connections)
            .field("before_login", &taken.before_login)
            .finish_non_exhaustive()
    }
}

/// Room for one connection, kept until it is known where it comes from.
#[derive(Debug)]
pub(super) struct Place {
    admission: Admission,
}

impl Place {
    /// The place of a connection from this address; `None` when that has its share already.
    pub(super) fn claim(self, address: IpAddr) -> Option<Slot> {
        let network = Network::of(address);
        let mut taken = self.admission.taken();
        let of_network = taken.of_network.get(&network).copied().unwrap_or_default();
        if of_network >= self.admission.limits().connections_per_address {
            return None;
        }
        taken.of_network.insert(network, of_network + 1);
        taken.connections += 1;
        taken.before_login += 1;
        drop(taken);
        let admission = self.admission.clone();
        Some(Slot { held: Some(Held { admission, network, is_before_login: true }) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.free(|taken| taken.reserved = taken.reserved.saturating_sub(1));
    }
}

/// A place among the connections: counted in total, per address, and, until
/// [`logged_in`](Self::logged_in), among those whose client is not known. Given back when dropped.
///
/// The default is a place that is counted nowhere.
#[derive(Debug, Default)]
pub struct Slot {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    admission: Admission,
    network: Network,
    is_before_login: bool,
}

impl Slot {
    /// The client is known from now on. Once more changes nothing.
    pub fn logged_in(&mut self) {
        let Some(held) = &mut self.held else { return };
        if std::mem::take(&mut held.is_before_login) {
            held.admission.free(Taken::logged_in);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.admission.free(|taken| {
            if self.is_before_login {
                taken.logged_in();
            }
            taken.leave(self.network);
        });
    }
}

impl Taken {
    fn logged_in(&mut self) {
        self.before_login = self.before_login.saturating_sub(1);
    }

    fn leave(&mut self, network: Network) {
        self.connections = self.connections.saturating_sub(1);
        match self.of_network.get_mut(&network) {
            Some(others @ 2..) => *others -= 1,
            _ => drop(self.of_network.remove(&network)),
        }
    }
}

/// What counts as one address: one of IPv4, also when it comes in the clothes of IPv6, or 64 bits of IPv6,
/// which is the least that a customer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl Network {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let host = u128::from(u64::MAX);
                Ipv6Addr::from_bits(address.to_bits() & !host).into()
            }
            address => address,
        })
    }
}

#[cfg(test)]
mod tests;
