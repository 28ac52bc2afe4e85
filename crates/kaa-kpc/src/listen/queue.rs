//! When the next connection is taken, and what happens when it cannot be.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::Peer;
use super::admission::{Admission, Place};
use crate::limits::Meter;

/// How long nothing is accepted after it failed: long enough not to spin, short enough to be ready when
/// descriptors are free again.
const PAUSE: Duration = Duration::from_millis(100);

/// How often a failure is told.
const WARNING_EVERY: Duration = Duration::from_secs(60);

/// The connections that wait in the backlog of a socket.
#[derive(Debug)]
pub(super) struct Queue {
    entry: String,
    socket: TcpListener,
    admission: Admission,
    pace: Meter,
    /// Nothing is accepted before.
    resume: Option<Instant>,
    trouble: Trouble,
}

impl Queue {
    pub(super) fn new(entry: String, socket: TcpListener, admission: Admission) -> Self {
        let pace = Meter::new(admission.limits().accepts_per_second, NonZeroU32::MIN, Instant::now());
        Self { entry, socket, admission, pace, resume: None, trouble: Trouble::default() }
    }

    /// The next connection that may be served. Until there is room for it, it stays in the backlog.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> (TcpStream, Peer) {
        loop {
            if let Some(resume) = self.resume {
                tokio::time::sleep_until(resume).await;
                self.resume = None;
            }
            self.admission.room().await;
            let Some((place, accepted)) = self.accept().await else { continue };
            let now = Instant::now();
            match accepted {
                Ok((stream, address)) => {
                    // Whoever is turned away counts, too: to do so takes time as well.
                    self.resume = self.pace.spend(1, now);
                    if let Some(peer) = self.receive(place, address, now) {
                        return (stream, peer);
                    }
                }
                Err(error) => self.resume = self.survive(&error, now),
            }
        }
    }

    /// Accepts a connection together with a place for it; `None` when another listener was faster and has
    /// taken the last one.
    async fn accept(&self) -> Option<(Place, io::Result<(TcpStream, SocketAddr)>)> {
        poll_fn(|context| match self.admission.reserve() {
            // The place is given back when nobody waits.
            Some(place) => self.socket.poll_accept(context).map(|accepted| Some((place, accepted))),
            None => None.into(),
        })
        .await
    }

    fn receive(&self, place: Place, address: SocketAddr, since: Instant) -> Option<Peer> {
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let Some(slot) = place.claim(address.ip()) else {
            self.admission.tally().refused_address();
            tracing::debug!(peer = %address, "connection closed: too many from this address");
            return None;
        };
        self.admission.tally().accepted();
        Some(Peer { address, certificate: None, since, slot })
    }

    /// When to try again.
    fn survive(&mut self, error: &io::Error, now: Instant) -> Option<Instant> {
        self.admission.tally().accept_errors();
        if ended_in_the_backlog(error) {
            return None;
        }
        if let Some(failures) = self.trouble.tell(now) {
            tracing::warn!(
                entry = self.entry, %error, failures,
                "cannot accept connections; clients have to wait. If too many files are open, raise their limit \
                 (`ulimit -n`, `LimitNOFILE=`) above `limits.connections`"
            );
        }
        Some(now + PAUSE)
    }
}

/// A client that has left before its turn: the next one may be fine.
fn ended_in_the_backlog(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Failures, and when they were told last.
#[derive(Debug, Default)]
struct Trouble {
    told: Option<Instant>,
    untold: u64,
}

impl Trouble {
    /// Counts a failure. How many there are to tell, when it is time for that.
    fn tell(&mut self, now: Instant) -> Option<u64> {
        self.untold = self.untold.saturating_add(1);
        if self.told.is_some_and(|told| now.duration_since(told) < WARNING_EVERY) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_at_once_and_then_at_most_once_a_minute() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(trouble.tell(at(0)), Some(1));
        assert_eq!(trouble.tell(at(100)), None);
        assert_eq!(trouble.tell(at(59_999)), None);
        assert_eq!(trouble.tell(at(60_000)), Some(3));
        assert_eq!(trouble.tell(at(60_001)), None);
    }

    #[tokio::test]
    async fn a_client_of_ipv4_has_its_own_address_on_a_socket_for_both() {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let admission = Admission::new(&Limits::default());
        let queue = Queue::new("mqtt.listen".to_owned(), socket, admission.clone());
        let place = admission.reserve().unwrap();
        let seen = "[::ffff:192.0.2.7]:50000".parse().unwrap();
        let peer = queue.receive(place, seen, Instant::now()).unwrap();
        assert_eq!(peer.address, "192.0.2.7:50000".parse().unwrap());
    }

    #[test]
    fn a_client_that_has_left_stops_nobody() {
        assert!(ended_in_the_backlog(&io::ErrorKind::ConnectionAborted.into()));
        assert!(!ended_in_the_backlog(&io::Error::from_raw_os_error(24)), "EMFILE");
        assert!(!ended_in_the_backlog(&io::Error::from_raw_os_error(23)), "ENFILE");
    }
}
