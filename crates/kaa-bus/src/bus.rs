//! The bus as its users see it.

mod expecting;
mod state;
mod traced;

pub use expecting::Expecting;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{Subject, SubjectFilter};

use crate::backend::{Attempt, Backend, Sink, Source};
use crate::deadline::within;
use crate::denials::Denials;
use crate::error::{CloseError, FenceError, PublishError, RequestError, SubscribeError};
use crate::inbox::Answers;
use crate::link::{Connection, Link};
use crate::mailbox::{Mailbox, Overflow, Pace};
use crate::memory::MemoryServer;
use crate::message::{Message, Outgoing};
use crate::nats::{self, ConnectError, NatsOptions};
use crate::shared::Shared;
use crate::subscription::Subscription;
use crate::trace;

/// A connection that carries messages between services (3/ISM).
///
/// Clones share the connection and cost one reference count. Delivery is at most once, as in core
/// NATS: `Ok` from [`publish`](Self::publish) means "accepted", not "arrived".
#[derive(Debug, Clone)]
pub struct Bus {
    shared: Arc<Shared>,
}

impl Bus {
    pub(crate) fn new(link: Arc<Link>, backend: Backend) -> Self {
        Self { shared: Arc::new(Shared::new(link, backend)) }
    }

    /// A bus inside the process, connected to nobody but its clones. For several connections that
    /// can be closed one by one, take a [`MemoryServer`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use kaa_bus::{Bus, SubjectFilter};
    ///
    /// let bus = Bus::memory();
    /// let mut greetings = bus.subscribe("greetings.*".parse::<SubjectFilter>()?, None).await?;
    /// bus.publish("greetings.en".parse()?, None, "hello".into()).await?;
    /// assert_eq!(greetings.next().await.map(|message| message.payload), Some("hello".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn memory() -> Self {
        MemoryServer::new().connect()
    }

    /// A connection to a NATS server.
    ///
    /// It reconnects by itself, for ever, and makes its subscriptions again. While the server is away,
    /// publishing is refused.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] names the servers, the cause and what to check. The first connection is not
    /// retried.
    pub async fn nats(options: NatsOptions) -> Result<Self, ConnectError> {
        let (link, client) = nats::connect(options).await?;
        Ok(Self::new(link, Backend::Nats(client)))
    }

    /// Subscribes. With a queue group, every message goes to one member of the group only.
    ///
    /// When this returns, messages published from now on are delivered, whoever publishes them: on
    /// NATS it has made a round trip. (In a cluster, other servers may take a moment longer to learn
    /// of the first subscriber.)
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when the server is away, the bus was closed, or the server did not confirm
    /// within [`NatsOptions::publish_timeout`]. There is no subscription then.
    pub async fn subscribe(
        &self,
        filter: impl Into<SubjectFilter>,
        queue_group: Option<&ServiceInstance>,
    ) -> Result<Subscription, SubscribeError> {
        self.subscribe_with(filter, queue_group, Overflow::default()).await
    }

    /// The same, saying which messages are dropped when too many wait.
    ///
    /// # Errors
    ///
    /// Those of [`subscribe`](Self::subscribe).
    pub async fn subscribe_with(
        &self,
        filter: impl Into<SubjectFilter>,
        queue_group: Option<&ServiceInstance>,
        overflow: Overflow,
    ) -> Result<Subscription, SubscribeError> {
        let filter = filter.into();
        let (limit, link) = (self.shared.backend.limit(), Arc::clone(&self.shared.link));
        let mailbox = Arc::new(Mailbox::new(filter.clone(), limit, overflow, link));
        let source = self.attach(filter, queue_group, Sink::Mailbox(Arc::clone(&mailbox))).await?;
        Ok(Subscription::new(mailbox, source, Arc::clone(&self.shared)))
    }

    /// Subscribes for any kind of receiver.
    pub(crate) async fn attach(
        &self,
        filter: SubjectFilter,
        queue_group: Option<&ServiceInstance>,
        sink: Sink,
    ) -> Result<Source, SubscribeError> {
        let subscribe = async {
            match self.shared.link.connection() {
                Connection::Connected => {}
                Connection::Disconnected => return Err(FenceError::Disconnected),
                Connection::Closed => return Err(FenceError::Closed),
            }
            let denials = &self.shared.link.denials;
            denials.forget(&filter);
            let source = self.shared.backend.attach(filter.clone(), queue_group.cloned(), sink).await?;
            self.shared.fence(self.shared.backend.patience()).await?;
            // The server has said so before it sent the message back. A task of async-nats tells us; should it come
            // late, the denial is in the log and in `is_permitted` all the same.
            denials
                .of_subscription(Some(&filter))
                .map_or(Ok(source), |denied| Err(FenceError::Forbidden(denied)))
        };
        subscribe.await.map_err(|error| match error {
            FenceError::Disconnected => SubscribeError::Disconnected { filter },
            FenceError::Closed => SubscribeError::Closed { filter },
            FenceError::TimedOut { deadline } => SubscribeError::TimedOut { filter, timeout: deadline },
            FenceError::Forbidden(forbidden) => SubscribeError::Forbidden(forbidden),
        })
    }

    #[cfg(feature = "kv")]
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    pub(crate) fn denials(&self) -> &Denials {
        &self.shared.link.denials
    }

    pub(crate) fn link(&self) -> Arc<Link> {
        Arc::clone(&self.shared.link)
    }

    /// Publishes a message.
    ///
    /// `Ok` means that the connection has accepted it; a server that dies now takes it along. Only an
    /// answer confirms that somebody got it. [`fence`](Self::fence) makes sure that the server did.
    ///
    /// When nobody listens and `reply_to` is a subject this connection has subscribed to, an empty
    /// message with [`no_responders`](Message::no_responders) arrives there.
    ///
    /// It goes out with the [trace context](trace::current) of whoever calls, if there is one.
    ///
    /// The future is ready at its first poll, unless the connection's queue is full (inside the
    /// process: unless a reader has fallen half its queue behind).
    ///
    /// # Errors
    ///
    /// [`PublishError`]: server away, bus closed, payload too large, queue full for the whole
    /// [`NatsOptions::publish_timeout`]. Counted in [`BusStats::refused`](crate::BusStats::refused).
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the message may or may not have been sent; never half of it.
    pub async fn publish(
        &self,
        subject: Subject,
        reply_to: Option<Subject>,
        payload: Bytes,
    ) -> Result<(), PublishError> {
        self.publish_traced(subject, reply_to, payload, trace::current()).await
    }

    /// [`publish`](Self::publish) for those who must not wait, such as the task that receives: it
    /// costs less, too. Inside the process it never has to wait.
    ///
    /// # Errors
    ///
    /// Those of `publish`, and [`PublishError::Full`] instead of waiting; nothing was sent then.
    pub fn try_publish(
        &self,
        subject: Subject,
        reply_to: Option<Subject>,
        payload: Bytes,
    ) -> Result<(), PublishError> {
        self.try_publish_traced(subject, reply_to, payload, trace::current())
    }

    /// [`publish`](Self::publish) for those who have to know between which other messages theirs goes
    /// out: `make` makes the attempt, at a moment of its own choice. One that finds the queue full is
    /// followed by one that has room.
    pub(crate) async fn publish_by(
        &self,
        message: Outgoing,
        mut make: impl FnMut(Attempt<'_>) -> Result<Pace, PublishError>,
    ) -> Result<(), PublishError> {
        let backend = &self.shared.backend;
        let admitted = self.admit(&message.subject);
        let first = admitted.and_then(|()| make(Attempt::Hopeful(backend, message.clone())));
        let published = match first {
            Err(PublishError::Full { .. }) => backend.room_for(message).await.and_then(make),
            published => published,
        };
        let is_behind = published == Ok(Pace::Behind);
        self.count(published.map(drop))?;
        if is_behind {
            // A reader on this very thread needs it to keep up.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn count(&self, published: Result<(), PublishError>) -> Result<(), PublishError> {
        let counters = &self.shared.link.counters;
        match &published {
            Ok(()) => counters.published.increment(),
            Err(_) => counters.refused.increment(),
        }
        published
    }

    /// Publishes a message and waits for one answer to it.
    ///
    /// An answer that comes later is dropped and counted in [`BusStats::late_answers`](crate::BusStats::late_answers).
    ///
    /// # Errors
    ///
    /// [`RequestError`]: nobody listens (known at once), no answer within `deadline`, the bus was
    /// closed, or the message could not be published.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the request may have been sent; nothing is left behind.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use kaa_bus::{Bus, RequestError};
    ///
    /// let bus = Bus::memory();
    /// let answer = bus.request("nobody".parse()?, "?".into(), Duration::from_secs(1)).await;
    /// assert!(matches!(answer, Err(RequestError::NoResponders { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn request(
        &self,
        subject: Subject,
        payload: Bytes,
        deadline: Duration,
    ) -> Result<Message, RequestError> {
        let exchange = async {
            let answers = self.answers_to(&subject).await;
            let mut expected =
                answers.inspect_err(|_| self.shared.link.counters.refused.increment())?.expect();
            let watch = self.shared.link.denials.watch();
            self.publish(subject.clone(), Some(expected.subject()), payload).await?;
            let _expecting = self.expecting();
            let inbox = self.shared.inbox();
            tokio::select! {
                biased;
                answer = expected.answer() => Ok(answer),
                forbidden = watch.denied(&subject, Some(&inbox)) => Err(PublishError::Forbidden(forbidden)),
            }
        };
        let outcome = within(deadline, pin!(exchange)).await;
        match outcome {
            Some(Ok(Some(message))) if message.no_responders.is_some() => {
                Err(RequestError::NoResponders { subject })
            }
            Some(Ok(Some(message))) => Ok(message),
            Some(Ok(None)) => Err(RequestError::Closed { subject }),
            Some(Err(error)) => Err(error.into()),
            None => Err(RequestError::TimedOut { subject, deadline }),
        }
    }

    /// Waits until everything published before has reached the server, and everything the server
    /// sent before has reached the subscriptions: a true round trip.
    ///
    /// # Errors
    ///
    /// [`FenceError`]: server away, bus closed, or no round trip within `deadline`.
    pub async fn fence(&self, deadline: Duration) -> Result<(), FenceError> {
        self.shared.fence(deadline).await
    }

    /// Ends the connection: from the first poll on, later calls are refused as closed, on all clones;
    /// what was published before is sent; then subscriptions end (what waits in them can still be
    /// taken) and open requests fail.
    ///
    /// Takes at most `deadline`, and no time at all when the server is away. Closing again does
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`CloseError`] when the server did not confirm that everything arrived. The bus is closed all
    /// the same.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is ready, the bus is closed without the confirmation.
    pub async fn close(&self, deadline: Duration) -> Result<(), CloseError> {
        let before = self.shared.link.enter(Connection::Closed);
        if before == Connection::Closed {
            return Ok(());
        }
        let _hang_up = HangUp(&self.shared);
        if before == Connection::Disconnected {
            return Err(CloseError::Disconnected);
        }
        match self.shared.round_trip(deadline).await {
            Ok(()) => Ok(()),
            Err(FenceError::TimedOut { .. }) => Err(CloseError::TimedOut { deadline }),
            Err(FenceError::Disconnected | FenceError::Closed | FenceError::Forbidden(_)) => {
                Err(CloseError::Disconnected)
            }
        }
    }

    /// Refuses at once what could only be queued for later, or never.
    fn admit(&self, subject: &Subject) -> Result<(), PublishError> {
        match self.shared.link.connection() {
            Connection::Connected => Ok(()),
            Connection::Disconnected => Err(PublishError::Disconnected { subject: subject.clone() }),
            Connection::Closed => Err(PublishError::Closed { subject: subject.clone() }),
        }
    }

    /// The inbox for an answer to a request that may go to `subject` now.
    async fn answers_to(&self, subject: &Subject) -> Result<&Answers, PublishError> {
        self.admit(subject)?;
        self.shared.answers().await.map_err(|error| match error {
            FenceError::Disconnected => PublishError::Disconnected { subject: subject.clone() },
            FenceError::Closed => PublishError::Closed { subject: subject.clone() },
            FenceError::TimedOut { deadline } => {
                PublishError::TimedOut { subject: subject.clone(), timeout: deadline }
            }
            FenceError::Forbidden(forbidden) => PublishError::Forbidden(forbidden),
        })
    }
}

/// Hangs up when dropped, so that a cancelled close is a close.
struct HangUp<'a>(&'a Shared);

impl Drop for HangUp<'_> {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}
