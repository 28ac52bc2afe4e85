//! From async-nats' queue into ours, for one subscription.

use std::future::poll_fn;
use std::task::{Context, Poll};

use async_nats::Subscriber;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::unconstrained;

use super::headers;
use crate::backend::Sink;
use crate::message::{Message, NoResponders};
use crate::raw_subject::RawSubject;

/// A task that takes every message out of async-nats at once and never waits for a reader.
///
/// async-nats drops what does not fit into its queue and cannot say how much that was. So its queue
/// is kept empty, and the one that may fill up is ours, which counts. What has arrived together is handed on
/// together, which is what makes this hop cheap.
///
/// Dropping the pump ends it: it hands over what has arrived, unsubscribes and ends the sink.
#[derive(Debug)]
pub(crate) struct Pump {
    orders: mpsc::Sender<Order>,
}

/// The most messages that are handed on at once.
const BATCH: usize = 128;

/// What a pump can be told. Leaving and pausing are confirmed when they are on their way to the server.
#[derive(Debug)]
pub(super) enum Order {
    /// To hear nothing more from the server.
    Leave(oneshot::Sender<()>),
    /// The same for the time being.
    Pause(oneshot::Sender<()>),
    /// To go on with this subscription, unless it was told to leave meanwhile.
    Resume(Subscriber),
}

/// The header in which newer servers say what nobody listened to.
const UNSERVED: &str = "Nats-Subject";

/// Makes the server stop, and the client keep listening.
///
/// `UNSUB <sid> <max>` means "after max messages in all". async-nats keeps the subscription until
/// that many have arrived, so with this number: until we drop it. nats-server reads at most nine
/// digits; what it cannot read is no limit to wait for, and it unsubscribes on the spot. (It would
/// be -1 if it were read into 64 bits.) So the server routes nothing more here, and what it had
/// routed before still finds its subscription. async-nats' own `drain` and `unsubscribe` take the
/// subscription out before the server has heard of it, which loses everything on its way.
///
/// A server that took the number at its word would go on routing, and the unsubscribe at the end of
/// the pump would be an ordinary, lossy one. A test drains under load to see that this is not so.
const NEVER: u64 = u64::MAX;

impl Pump {
    pub(super) fn start(subscriber: Subscriber, sink: Sink, hung_up: watch::Receiver<bool>) -> Self {
        let (orders, received) = mpsc::channel(1);
        tokio::spawn(run(subscriber, sink, received, hung_up));
        Self { orders }
    }

    /// Asks the server to route nothing more here. Returns when a fence would come after the order.
    pub(crate) async fn leave(&self) {
        let (left, confirmed) = oneshot::channel();
        // An error means that the pump has ended, so there is nothing to leave.
        if self.orders.send(Order::Leave(left)).await.is_ok() {
            let _ = confirmed.await;
        }
    }

    /// Where orders are given, as long as there is a pump to follow them.
    pub(super) fn orders(&self) -> mpsc::WeakSender<Order> {
        self.orders.downgrade()
    }
}

async fn run(
    mut subscriber: Subscriber,
    sink: Sink,
    mut orders: mpsc::Receiver<Order>,
    mut hung_up: watch::Receiver<bool>,
) {
    let mut batch = Vec::new();
    let mut has_left = false;
    loop {
        tokio::select! {
            // Messages first: the rest is looked at when there are none, or when this task has used
            // up its share.
            biased;
            is_open = poll_fn(|cx| take(&mut subscriber, &mut batch, cx)) => {
                sink.deliver_all(batch.drain(..));
                if !is_open {
                    break;
                }
            },
            order = orders.recv() => match order {
                Some(Order::Leave(left)) => {
                    has_left = true;
                    silence(&mut subscriber, left).await;
                }
                Some(Order::Pause(paused)) => silence(&mut subscriber, paused).await,
                Some(Order::Resume(next)) if !has_left => {
                    hand_over(&mut subscriber, &sink);
                    subscriber = next;
                }
                Some(Order::Resume(mut next)) => hand_over(&mut next, &sink),
                None => break,
            },
            () = ended(&mut hung_up) => break,
        }
    }
    hand_over(&mut subscriber, &sink);
    sink.end();
}

/// Tells the server, and the one who gave the order that it was told.
async fn silence(subscriber: &mut Subscriber, mut told: oneshot::Sender<()>) {
    tokio::select! {
        _ = subscriber.unsubscribe_after(NEVER) => {
            let _ = told.send(());
        }
        // A frozen server makes the order wait; the one who gave it may not.
        () = told.closed() => {}
    }
}

/// Delivers what has arrived.
fn hand_over(subscriber: &mut Subscriber, sink: &Sink) {
    // Outside the budget: a pause would look like the end.
    while let Some(Some(message)) = unconstrained(subscriber.next()).now_or_never() {
        sink.deliver(convert(message));
    }
}

/// Takes what has arrived; pending when that is nothing. Whether there may be more.
fn take(subscriber: &mut Subscriber, batch: &mut Vec<Message>, cx: &mut Context<'_>) -> Poll<bool> {
    while batch.len() < BATCH {
        match subscriber.poll_next_unpin(cx) {
            Poll::Ready(Some(message)) => batch.push(convert(message)),
            Poll::Ready(None) => return Poll::Ready(false),
            Poll::Pending if batch.is_empty() => return Poll::Pending,
            Poll::Pending => break,
        }
    }
    Poll::Ready(true)
}

/// Ready when the bus was closed or is gone.
pub(super) async fn ended(hung_up: &mut watch::Receiver<bool>) {
    let _ = hung_up.wait_for(|hung_up| *hung_up).await;
}

fn convert(message: async_nats::Message) -> Message {
    Message {
        trace: message.headers.as_ref().and_then(headers::read),
        subject: message.subject.into(),
        reply_to: message.reply.map(RawSubject::from),
        payload: message.payload,
        no_responders: (message.status == Some(async_nats::StatusCode::NO_RESPONDERS)).then(|| {
            let headers = message.headers.as_ref();
            let subject = headers.and_then(|headers| headers.get(UNSERVED));
            let subject = subject.map(|subject| Bytes::copy_from_slice(subject.as_str().as_bytes()));
            Box::new(NoResponders { subject })
        }),
    }
}
