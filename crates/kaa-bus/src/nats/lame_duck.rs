//! Leaving a server that is about to shut down, before it ends the connection.
//!
//! A server in lame duck mode ends its connections one by one, each in the middle of whatever it carries. async-nats
//! tells of the mode and waits for that end. Here the connection moves to another server of the cluster by itself,
//! at a moment at which there is as little as possible to lose:
//!
//! 1. another connection joins the queue groups; then this one leaves them, and what was routed to it is taken;
//! 2. nothing more is asked for a moment, so that answers on their way can arrive; what answers others goes out, for
//!    they may be about to move as well and wait for nothing else;
//! 3. this connection is made anew, and what waited is published;
//! 4. it joins the queue groups again, and the other one leaves them.
//!
//! So a queue group is never without this member. What is sent to a subject of this connection alone during step 3,
//! some ten milliseconds, is lost, as it is with every reconnect.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Server, Subject, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

use super::pump::{Order, ended};
use crate::link::{Connection, Link};
use crate::random::random;

/// A thousand clients do not move in the same millisecond. The server gives them ten seconds unless told otherwise.
const JITTER: Duration = Duration::from_secs(1);
/// How long each step may take that waits for a server.
const STEP: Duration = Duration::from_secs(1);
/// When nothing came for so long, nothing is on its way but answers that somebody is known to wait for.
const QUIET: Duration = Duration::from_millis(50);
/// How long it waits for that quiet and those answers at most.
const HOLD: Duration = Duration::from_millis(500);
/// How long the other servers of a cluster may take to hear of a new member. Nothing tells when they have.
const SETTLE: Duration = Duration::from_millis(100);

/// What the events of a connection, its publishers and its queue groups know of a move.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    asked: Notify,
    connected: Notify,
    under_way: AtomicBool,
    held: AtomicU8,
    released: Notify,
    members: Mutex<Vec<Member>>,
}

/// What publishers have to hold back.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Held {
    Nothing,
    /// Messages that name where their answer is to go.
    Questions,
    Everything,
}

/// A subscription in a queue group.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) subject: Subject,
    pub(super) group: String,
    /// Ends with its pump.
    pub(super) orders: mpsc::WeakSender<Order>,
}

impl Transfer {
    /// The server is about to shut down.
    pub(super) fn ask(&self) {
        self.asked.notify_one();
    }

    /// There is a connection, the old one or another.
    pub(super) fn connected(&self) {
        self.connected.notify_one();
    }

    /// Whether a connection that ends now was meant to.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Acquire)
    }

    /// Whether a publisher has to wait, who asks something or not.
    pub(super) fn is_held(&self, asks: bool) -> bool {
        let free = if asks { Held::Nothing } else { Held::Questions };
        self.held.load(Ordering::Acquire) > free as u8
    }

    /// Waits until he no longer has to. Cancel safe.
    pub(super) async fn passage(&self, asks: bool) {
        while self.is_held(asks) {
            let released = self.released.notified();
            if self.is_held(asks) {
                released.await;
            }
        }
    }

    /// Takes a member along when the connection moves.
    pub(super) fn enrol(&self, member: Member) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(Member::is_there);
        members.push(member);
    }

    fn members(&self) -> Vec<Member> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(Member::is_there);
        members.clone()
    }

    fn hold(&self, held: Held) {
        self.held.store(held as u8, Ordering::Release);
    }

    fn release(&self) {
        self.hold(Held::Nothing);
        self.released.notify_waiters();
    }
}

/// Moves whenever the server asks for it, until the bus hangs up.
pub(super) async fn follow(
    nats: Client,
    options: ConnectOptions,
    link: Arc<Link>,
    transfer: Arc<Transfer>,
    mut hung_up: watch::Receiver<bool>,
) {
    let moves = async {
        loop {
            transfer.asked.notified().await;
            // 1024 steps are jitter enough.
            sleep(JITTER / 1024 * u32::try_from(random() % 1024).unwrap_or_default()).await;
            let servers = nats.server_pool().await.unwrap_or_default();
            match bridge(servers, options.clone()).await {
                Some(bridge) => transfer.go(&nats, &link, &bridge).await,
                None => {
                    tracing::warn!("no other NATS server answers; the connection stays until it is ended")
                }
            }
        }
    };
    tokio::select! {
        () = moves => {}
        () = ended(&mut hung_up) => {}
    }
    transfer.release();
}

/// A connection to another server, for as long as the move takes. The server that shuts down takes no new ones.
async fn bridge(servers: Vec<Server>, options: ConnectOptions) -> Option<Client> {
    let servers: Vec<_> = servers.into_iter().map(|server| server.addr).collect();
    let connected = timeout(STEP, async_nats::connect_with_options(servers, options)).await;
    connected.ok()?.inspect_err(|error| tracing::debug!(%error, "not the way to another NATS server")).ok()
}

impl Transfer {
    async fn go(&self, nats: &Client, link: &Link, bridge: &Client) {
        let members = self.members();
        cross(&members, nats, bridge).await;
        self.under_way.store(true, Ordering::Release);
        self.hold(Held::Questions);
        let _ = timeout(HOLD, quiet(nats, link)).await;
        self.hold(Held::Everything);
        let before = connects(nats);
        self.reconnect(nats, before).await;
        self.under_way.store(false, Ordering::Release);
        if connects(nats) == before {
            tracing::warn!(
                "the NATS server shuts down and no other answers; publishing is refused until one does"
            );
            link.enter(Connection::Disconnected);
            // One may have answered just now, and the link was told so before.
            if connects(nats) != before {
                link.enter(Connection::Connected);
            }
        } else {
            tracing::info!(server = nats.server_info().server_name, "moved to another NATS server");
        }
        self.release();
        cross(&members, bridge, nats).await;
    }

    /// Gives the connection up, and waits a while for the next one.
    async fn reconnect(&self, nats: &Client, before: u64) {
        let connected = async {
            // What was published before goes out first. An error says that the connection was closed.
            if nats.force_reconnect().await.is_ok() {
                while connects(nats) == before {
                    self.connected.notified().await;
                }
            }
        };
        let _ = timeout(STEP, connected).await;
    }
}

/// How often there was a connection.
fn connects(nats: &Client) -> u64 {
    nats.statistics().connects.load(Ordering::Acquire)
}

/// Takes the members from one connection to the other: they join there before they leave here, and what was routed
/// here comes before what is routed there.
async fn cross(members: &[Member], here: &Client, there: &Client) {
    if members.is_empty() {
        return;
    }
    let mut joined = Vec::new();
    for member in members {
        joined.push(member.join(there).await);
    }
    round_trip(there).await;
    sleep(SETTLE).await;
    for member in members {
        member.pause().await;
    }
    round_trip(here).await;
    for (member, subscriber) in members.iter().zip(joined) {
        member.resume(subscriber).await;
    }
}

/// Waits until nothing has come for a while, and everybody has his answer.
async fn quiet(nats: &Client, link: &Link) {
    let received = || nats.statistics().in_messages.load(Ordering::Acquire);
    let mut before = received();
    loop {
        sleep(QUIET).await;
        let now = received();
        if now == before && !link.is_expecting() {
            return;
        }
        before = now;
    }
}

/// Everything the server has routed here before is received when this returns, if the server is there.
async fn round_trip(nats: &Client) {
    let trip = async {
        let inbox = Subject::from(nats.new_inbox());
        let mut back = nats.subscribe(inbox.clone()).await.ok()?;
        nats.publish(inbox, Bytes::new()).await.ok()?;
        back.next().await
    };
    let _ = timeout(STEP, trip).await;
}

impl Member {
    fn is_there(&self) -> bool {
        self.orders.strong_count() > 0
    }

    /// A further subscription in the group; `None` when the connection was closed for good. It waits for a server
    /// that is away: without it the member would be in no group.
    async fn join(&self, nats: &Client) -> Option<Subscriber> {
        nats.queue_subscribe(self.subject.clone(), self.group.clone()).await.ok()
    }

    /// The server routes nothing more here; what it has routed still comes.
    async fn pause(&self) {
        let (paused, confirmed) = oneshot::channel();
        self.order(Order::Pause(paused)).await;
        let _ = timeout(STEP, confirmed).await;
    }

    async fn resume(&self, subscriber: Option<Subscriber>) {
        if let Some(subscriber) = subscriber {
            self.order(Order::Resume(subscriber)).await;
        }
    }

    async fn order(&self, order: Order) {
        if let Some(orders) = self.orders.upgrade() {
            let _ = timeout(STEP, orders.send(order)).await;
        }
    }
}
