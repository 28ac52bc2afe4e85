//! What the clones of one [`Bus`](crate::Bus) and its subscriptions share.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kaa_protocol::subject::SubjectFilter;
use tokio::sync::{OnceCell, watch};

use crate::backend::{Backend, Sink, Source};
use crate::deadline::within;
use crate::error::FenceError;
use crate::inbox::Answers;
use crate::link::{Connection, Link};
use crate::message::Outgoing;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) link: Arc<Link>,
    pub(crate) backend: Backend,
    answers: Arc<Answers>,
    /// Attached when it is needed first: a service that only answers never subscribes to it.
    inbox: OnceCell<Source>,
}

impl Shared {
    pub(crate) fn new(link: Arc<Link>, backend: Backend) -> Self {
        let answers = Arc::new(Answers::new(backend.inbox(), Arc::clone(&link)));
        Self { link, backend, answers, inbox: OnceCell::new() }
    }

    /// The waiting requests, with the inbox attached.
    pub(crate) async fn answers(&self) -> Result<&Answers, FenceError> {
        let attach = || {
            let sink = Sink::Answers(Arc::clone(&self.answers));
            self.backend.attach(self.answers.inbox().filter(), None, sink)
        };
        self.inbox.get_or_try_init(attach).await?;
        Ok(&self.answers)
    }

    /// What the answers to requests come by.
    pub(crate) fn inbox(&self) -> SubjectFilter {
        self.answers.inbox().filter()
    }

    /// Sends a message to ourselves through the server and waits for it.
    ///
    /// The server handles one connection in order, in both directions: when the message is back,
    /// everything published or subscribed before it has reached the server, and everything the
    /// server routed here before it has been received.
    pub(crate) async fn round_trip(&self, deadline: Duration) -> Result<(), FenceError> {
        let trip = async {
            let answers = self.answers().await?;
            let (mut expected, watch) = (answers.expect(), self.link.denials.watch());
            let (subject, inbox) = (expected.subject(), self.inbox());
            let message =
                Outgoing { subject: subject.clone(), reply_to: None, payload: Bytes::new(), trace: None };
            self.backend.publish(message).await?;
            tokio::select! {
                biased;
                answer = expected.answer() => answer.map(drop).ok_or(FenceError::Closed),
                forbidden = watch.denied(&subject, Some(&inbox)) => {
                    Err(FenceError::Forbidden(forbidden))
                }
            }
        };
        within(deadline, pin!(trip)).await.unwrap_or(Err(FenceError::TimedOut { deadline }))
    }

    /// The round trip, refused at once when there is nobody to make it with, and given up when the connection is
    /// lost: what was on its way then does not come back, also when the connection does.
    pub(crate) async fn fence(&self, deadline: Duration) -> Result<(), FenceError> {
        let mut changes = self.link.watch();
        match self.link.connection() {
            Connection::Connected => tokio::select! {
                biased;
                done = self.round_trip(deadline) => done,
                () = lost(&mut changes) => Err(FenceError::Disconnected),
            },
            Connection::Disconnected => Err(FenceError::Disconnected),
            Connection::Closed => Err(FenceError::Closed),
        }
    }

    /// Ends everything. The state has to be [`Connection::Closed`] already.
    pub(crate) fn hang_up(&self) {
        self.backend.hang_up();
        self.answers.close();
    }
}

/// Waits for the loss of a connection that was there. A close is none: it waits for what is on its way.
async fn lost(changes: &mut watch::Receiver<Connection>) {
    while changes.changed().await.is_ok() {
        if *changes.borrow_and_update() != Connection::Closed {
            return;
        }
    }
    std::future::pending().await
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Tells a reconnect that is under way to give up.
        self.link.enter(Connection::Closed);
    }
}
