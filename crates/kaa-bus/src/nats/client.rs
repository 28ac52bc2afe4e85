//! Publishing and subscribing on one connection.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::client::traits::Publisher;
use async_nats::message::OutboundMessage;
use async_nats::{ConnectOptions, Subject as NatsSubject};
use futures_util::{FutureExt, Sink as _};
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{Inbox, Subject, SubjectFilter};
use tokio::sync::watch;
use tokio::task::unconstrained;

use super::greeting::NatsServerInfo;
use super::headers;
use super::lame_duck::{self, Member, Transfer};
use super::options::NatsOptions;
use super::pump::Pump;
use crate::backend::Sink;
use crate::deadline::within;
use crate::error::{FenceError, PublishError};
use crate::link::Link;
use crate::mailbox::SubscriptionLimit;
use crate::message::Outgoing;
use crate::random::random;

#[derive(Debug)]
pub(crate) struct Client {
    /// Never cloned: a clone costs a fifth of what receiving and answering a message costs.
    nats: async_nats::Client,
    pub(crate) publish_timeout: Duration,
    pub(crate) limit: SubscriptionLimit,
    inbox: Inbox,
    transfer: Arc<Transfer>,
    hung_up: watch::Sender<bool>,
}

impl Client {
    pub(super) fn new(nats: async_nats::Client, options: &NatsOptions, transfer: Arc<Transfer>) -> Self {
        let NatsOptions { publish_timeout, limit, .. } = *options;
        let id = u128::from(random()) << 64 | u128::from(random());
        let inbox = options.service.as_ref().map_or_else(|| Inbox::new(id), |service| Inbox::of(service, id));
        Self { nats, publish_timeout, limit, inbox, transfer, hung_up: watch::Sender::new(false) }
    }

    /// Lets the connection move when its server shuts down, for as long as this client lives.
    pub(super) fn follow(&self, options: ConnectOptions, link: Arc<Link>) {
        let (transfer, hung_up) = (Arc::clone(&self.transfer), self.hung_up.subscribe());
        tokio::spawn(lame_duck::follow(self.nats.clone(), options, link, transfer, hung_up));
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(crate) fn connects(&self) -> u64 {
        self.nats.statistics().connects.load(Ordering::Acquire)
    }

    pub(crate) async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        let (subject, asks) = (message.subject.clone(), message.asks());
        let message = outbound(&self.nats, message)?;
        // Outside the task's budget: a publish that could go out must not look like a full queue.
        let sending = async {
            self.transfer.passage(asks).await;
            unconstrained(self.nats.publish_message(message)).await
        };
        let sent = within(self.publish_timeout, pin!(sending)).await;
        let Some(sent) = sent else {
            return Err(PublishError::TimedOut { subject, timeout: self.publish_timeout });
        };
        // Size and subject were checked, so what is left is a connection that has ended.
        sent.map_err(|_| PublishError::Closed { subject })
    }

    /// The same without waiting. A publish that would have to wait has sent nothing.
    pub(crate) fn try_publish(&self, message: Outgoing) -> Result<(), PublishError> {
        let (subject, asks) = (message.subject.clone(), message.asks());
        let message = outbound(&self.nats, message)?;
        if self.transfer.is_held(asks) {
            return Err(PublishError::Full { subject });
        }
        // Pinned here, because a future that is handed on is copied each time, with the message in it.
        let sending = pin!(self.nats.publish_message(message));
        match unconstrained(sending).now_or_never() {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) => Err(PublishError::Closed { subject }),
            None => Err(PublishError::Full { subject }),
        }
    }

    /// Waits for room in the connection's queue, and keeps it.
    pub(crate) async fn room(&self, message: &Outgoing) -> Result<Room, PublishError> {
        let (subject, asks) = (&message.subject, message.asks());
        // The cost of a clone does not matter to one who waits.
        let mut nats = self.nats.clone();
        let ready = async move {
            self.transfer.passage(asks).await;
            unconstrained(poll_fn(|cx| Pin::new(&mut nats).poll_ready(cx))).await.map(|()| nats)
        };
        match within(self.publish_timeout, pin!(ready)).await {
            Some(Ok(nats)) => Ok(Room { nats }),
            Some(Err(_)) => Err(PublishError::Closed { subject: subject.clone() }),
            None => Err(PublishError::TimedOut { subject: subject.clone(), timeout: self.publish_timeout }),
        }
    }

    pub(crate) async fn attach(
        &self,
        filter: &SubjectFilter,
        queue_group: Option<ServiceInstance>,
        sink: Sink,
    ) -> Result<Pump, FenceError> {
        let subject = NatsSubject::from(filter.as_str());
        let group = queue_group.map(|group| group.as_str().to_owned());
        let subscribe = async {
            match &group {
                Some(group) => self.nats.queue_subscribe(subject.clone(), group.clone()).await,
                None => self.nats.subscribe(subject.clone()).await,
            }
        };
        match within(self.publish_timeout, pin!(subscribe)).await {
            Some(Ok(subscriber)) => {
                let pump = Pump::start(subscriber, sink, self.hung_up.subscribe());
                if let Some(group) = &group {
                    let (subject, group) = (subject.clone(), group.clone());
                    self.transfer.enrol(Member { subject, group, orders: pump.orders() });
                }
                Ok(pump)
            }
            Some(Err(_)) => Err(FenceError::Closed),
            None => Err(FenceError::TimedOut { deadline: self.publish_timeout }),
        }
    }

    pub(crate) fn server(&self) -> NatsServerInfo {
        NatsServerInfo::of(self.nats.server_info())
    }

    /// For what is not hot: see `nats`.
    #[cfg(feature = "kv")]
    pub(super) fn handle(&self) -> async_nats::Client {
        self.nats.clone()
    }

    pub(crate) fn hang_up(&self) {
        self.hung_up.send_replace(true);
        // Ends the connection's task. It never waits here: with the queue full or the server away,
        // the task ends when this client is dropped, or gives up reconnecting by itself.
        let _ = unconstrained(self.nats.drain()).now_or_never();
    }
}

/// Room for one message in the connection's queue, given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    nats: async_nats::Client,
}

impl Room {
    /// Publishes without waiting.
    pub(crate) fn publish(mut self, message: Outgoing) -> Result<(), PublishError> {
        let subject = message.subject.clone();
        let message = outbound(&self.nats, message)?;
        Pin::new(&mut self.nats).start_send(message).map_err(|_| PublishError::Closed { subject })
    }
}

/// The message as async-nats wants it, unless the server would refuse it.
// LLVM would rather call it, and copy the message when it comes back.
#[inline(always)]
fn outbound(nats: &async_nats::Client, message: Outgoing) -> Result<OutboundMessage, PublishError> {
    if message.trace.is_some() {
        return outbound_traced(nats, message);
    }
    let Outgoing { subject, reply_to, payload, .. } = message;
    let (size, limit) = (payload.len(), nats.max_payload());
    if size > limit {
        return Err(PublishError::TooLarge { subject, size, limit });
    }
    let (subject, reply) = (nats_subject(subject), reply_to.map(nats_subject));
    Ok(OutboundMessage { subject, reply, payload, headers: None })
}

/// The same with headers, which count as payload. Out of the way: most messages have none.
#[cold]
fn outbound_traced(nats: &async_nats::Client, message: Outgoing) -> Result<OutboundMessage, PublishError> {
    let (size, limit) = (message.size(), nats.max_payload());
    let Outgoing { subject, reply_to, payload, trace } = message;
    if size > limit {
        return Err(PublishError::TooLarge { subject, size, limit });
    }
    let (subject, reply) = (nats_subject(subject), reply_to.map(nats_subject));
    Ok(OutboundMessage { subject, reply, payload, headers: trace.as_ref().map(headers::write) })
}

/// The same bytes as async-nats' kind of subject.
fn nats_subject(subject: Subject) -> NatsSubject {
    // A subject is visible ASCII: the check cannot fail, and an empty one would be refused.
    NatsSubject::try_from(subject.into_bytes()).unwrap_or_else(|_| NatsSubject::from_static(""))
}
