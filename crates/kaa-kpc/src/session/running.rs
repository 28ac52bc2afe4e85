//! A session from its CONNACK to its end: one task, one loop.

mod work;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::relay::NotTaken;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};

use super::ending::Ending;
use super::link::Link;
use super::output::Output;
use super::protocol::Protocol;
use super::registry::{Order, Place};
use super::requests::{Endpoint, Wanted};
use super::timing::Timing;
use crate::front::Front;
use crate::listen::Peer;
use crate::mqtt::packet::ClientPacket;
use crate::relay::{Connection, Deliveries, Delivery};

/// How long a client may take to hear why its session ends. Whoever takes it over waits for that.
const FAREWELL: Duration = Duration::from_secs(1);

/// Later than any clock of a session.
const FAR: Duration = Duration::from_secs(100 * 24 * 3600);

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An open session.
pub(super) struct Session<Io> {
    front: Arc<Front>,
    /// Holds the place of the connection.
    peer: Peer,
    link: Link<Io>,
    protocol: Protocol,
    timing: Timing,
    place: Place,
    connection: Connection,
    deliveries: Deliveries,
    /// The bus is asked to confirm what was sent.
    confirming: Option<Boxed<Result<(), NotTaken>>>,
    /// A message waits until it is known whose token it has.
    asking: Option<Boxed<(Wanted, Endpoint, u64)>>,
    /// The first packet that has to wait behind that message.
    held: Option<Box<ClientPacket>>,
    /// Nothing more comes from the client.
    is_over: bool,
    /// Nothing more is taken from the client.
    is_draining: bool,
    /// Nothing more comes from the relay.
    is_finished: bool,
}

/// What a session waits for.
enum Event {
    Ordered,
    Read(std::io::Result<usize>),
    Sent(std::io::Result<()>),
    Delivery(Option<Delivery>),
    Confirmed(Result<(), NotTaken>),
    Endpoint((Wanted, Endpoint, u64)),
    Time,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Session<Io> {
    /// A session whose CONNACK is in the output.
    pub(super) fn new(
        front: Arc<Front>,
        peer: Peer,
        link: Link<Io>,
        protocol: Protocol,
        timing: Timing,
        place: Place,
    ) -> Self {
        let (connection, deliveries) = front.relay.connect();
        Self {
            front,
            peer,
            link,
            protocol,
            timing,
            place,
            connection,
            deliveries,
            confirming: None,
            asking: None,
            held: None,
            is_over: false,
            is_draining: false,
            is_finished: false,
        }
    }

    /// Serves the client until the session ends, and closes the connection.
    pub(super) async fn serve(mut self: Box<Self>) {
        let ending = self.run().await;
        ending.count(&self.front.tally);
        let client_id = self.place.handle().client_id();
        tracing::debug!(peer = %self.peer.address, ?client_id, %ending, "session ended");
        // It happens once, so it takes no room before.
        Box::pin(self.close(ending)).await;
    }

    /// Tells the client why, and closes the connection in order.
    async fn close(self: Box<Self>, ending: Ending) {
        let Self { mut link, mut protocol, place, connection, deliveries, peer, .. } = *self;
        let mut is_closed = false;
        if ending != Ending::SlowReader {
            if let Some(farewell) = ending.farewell(protocol.version) {
                // What does not fit the client is not said.
                let _ = protocol.output.write(&farewell.packet);
            }
            is_closed = link.finish(&mut protocol.output, FAREWELL).await.is_ok();
        }
        // The session is over for everybody else: a client that takes over need not wait any longer.
        drop((connection, deliveries, place));
        if is_closed && ending.is_seen() {
            link.linger().await;
        }
        drop(peer);
    }

    async fn run(&mut self) -> Ending {
        // One timer for all clocks. It is set when there is something earlier, and looks again when it fires.
        let mut timer = pin!(sleep_until(Instant::now() + FAR));
        loop {
            if let Err(ending) = self.turn(timer.as_mut()).await {
                return ending;
            }
        }
    }

    /// Does everything that can be done now, then waits until there is more.
    async fn turn(&mut self, mut timer: Pin<&mut Sleep>) -> Result<(), Ending> {
        let now = Instant::now();
        let is_more = self.work(now)?;
        let sent = poll_fn(|cx| Poll::Ready(self.link.poll_send(cx, &mut self.protocol.output))).await;
        if let Poll::Ready(Err(_)) = sent {
            self.hang_up();
        }
        if sent.is_ready() && is_more {
            return Ok(());
        }
        if self.is_over && self.asking.is_none() {
            return Err(Ending::Gone);
        }
        if self.is_finished && self.confirming.is_none() {
            return Err(Ending::ShuttingDown);
        }
        let is_sending = sent.is_pending();
        let is_reading = self.takes_packets(now) && !is_sending;
        self.timing.send(is_sending, now);
        self.timing.read(is_reading, now);
        if let Some(next) = self.timing.next()
            && (timer.is_elapsed() || next < timer.deadline())
        {
            timer.as_mut().reset(next);
        }
        let has_timer = !timer.is_elapsed();
        let takes_deliveries = !is_sending && !self.is_finished && self.takes_deliveries();
        let Self { link, protocol, deliveries, confirming, asking, place, .. } = self;
        let event = tokio::select! {
            biased;
            () = place.handle().ordered() => Event::Ordered,
            moved = poll_fn(|cx| poll_move(link, &mut protocol.output, is_sending, cx)),
                if is_sending || is_reading => moved,
            delivery = deliveries.next(), if takes_deliveries => Event::Delivery(delivery),
            confirmed = when(confirming), if confirming.is_some() => Event::Confirmed(confirmed),
            endpoint = when(asking), if asking.is_some() => Event::Endpoint(endpoint),
            () = timer, if has_timer => Event::Time,
        };
        self.follow(event)
    }

    fn follow(&mut self, event: Event) -> Result<(), Ending> {
        match event {
            Event::Ordered => return self.obey(),
            Event::Read(Ok(0)) => self.is_over = true,
            Event::Read(Err(_)) | Event::Sent(Err(_)) => self.hang_up(),
            Event::Read(Ok(_)) => {}
            // What is sent next has its own time.
            Event::Sent(Ok(())) => self.timing.send(false, Instant::now()),
            Event::Delivery(Some(delivery)) => self.protocol.deliver(&delivery, &self.front.tally),
            Event::Delivery(None) if self.deliveries.has_lagged() => return Err(Ending::Lagged),
            Event::Delivery(None) => (self.is_finished, self.is_draining) = (true, true),
            Event::Confirmed(confirmed) => {
                self.confirming = None;
                // Some of it may have been answered all the same.
                if confirmed.is_err() {
                    self.take_deliveries();
                }
                self.protocol.receipts.confirm(confirmed.is_ok());
            }
            Event::Endpoint((wanted, endpoint, revocations)) => {
                self.asking = None;
                let sessions = &self.front.sessions;
                let is_old = || sessions.revocations() != revocations;
                let outcome = wanted.decide(endpoint, self.place.handle(), is_old);
                self.settle(outcome);
            }
            Event::Time => {
                if let Some(ending) = self.timing.overdue(Instant::now()) {
                    return Err(ending);
                }
            }
        }
        Ok(())
    }

    fn obey(&mut self) -> Result<(), Ending> {
        match self.place.handle().current_order() {
            Order::None => Ok(()),
            Order::Drain => {
                self.is_draining = true;
                Ok(())
            }
            Order::TakenOver => Err(Ending::TakenOver),
            Order::Revoked => Err(Ending::Revoked),
        }
    }

    /// The client is gone. What it has said already is still done.
    fn hang_up(&mut self) {
        self.is_over = true;
        self.protocol.output.clear();
    }
}

/// Sends what is left of the output, or reads when nothing is.
fn poll_move<Io: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<Io>,
    output: &mut Output,
    is_sending: bool,
    cx: &mut Context<'_>,
) -> Poll<Event> {
    if is_sending { link.poll_send(cx, output).map(Event::Sent) } else { link.poll_read(cx).map(Event::Read) }
}

/// What comes of a future that is there; it is asked for only then.
async fn when<T>(future: &mut Option<Boxed<T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
