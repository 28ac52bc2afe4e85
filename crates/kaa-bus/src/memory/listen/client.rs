//! One connection, from its greeting to its end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::command::{Command, Refused};
use super::greeting::{self, Connect};
use super::outbox::{Delivery, Outbox};
use crate::backend::Sink;
use crate::memory::peer::{Attachment, Peer};

/// How many subscriptions a client may have.
const SUBSCRIPTIONS: usize = 65_536;

/// How long a client may take nothing of what is written to it, as with nats-server.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Another process.
pub(super) struct Client {
    peer: Peer,
    outbox: Arc<Outbox>,
    connect: Connect,
    subscriptions: HashMap<Bytes, Subscription>,
    /// Which of them have had all they wanted.
    over: (mpsc::UnboundedSender<Bytes>, mpsc::UnboundedReceiver<Bytes>),
}

struct Subscription {
    delivery: Arc<Delivery>,
    /// Its place with the server, until this is dropped.
    _attachment: Attachment,
}

impl Client {
    /// Listens to a client until one of both has had enough.
    pub(super) async fn serve(stream: TcpStream, peer: Peer, address: SocketAddr) {
        let outbox = Arc::new(Outbox::default());
        outbox.say(&greeting::info(peer.id(), address));
        let client = Self {
            peer,
            outbox: outbox.clone(),
            connect: Connect::default(),
            subscriptions: HashMap::new(),
            over: mpsc::unbounded_channel(),
        };
        let (input, output) = stream.into_split();
        let reading = async {
            if let Err(refused) = client.listen(input).await {
                outbox.say(&format!("-ERR '{refused}'\r\n"));
            }
            outbox.close();
            // The last words are written, unless nobody reads them.
            std::future::pending().await
        };
        tokio::select! {
            () = write(&outbox, output) => {}
            // Whoever stands still holds up the writing, and would keep its place in queue groups.
            () = outbox.overflows() => {}
            () = reading => {}
        }
    }

    async fn listen(mut self, mut stream: OwnedReadHalf) -> Result<(), Refused> {
        let mut input = BytesMut::new();
        loop {
            while let Some(command) = Command::take(&mut input)? {
                self.obey(command).await?;
            }
            tokio::select! {
                Some(sid) = self.over.1.recv() => self.forget(&sid),
                read = stream.read_buf(&mut input) => {
                    // A connection that is broken has nothing more to say, either.
                    if !read.is_ok_and(|read| read > 0) {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Gives up a subscription that has had all it wanted. There may be a new one in its place.
    fn forget(&mut self, sid: &Bytes) {
        if self.subscriptions.get(sid).is_some_and(|subscription| subscription.delivery.is_over()) {
            self.subscriptions.remove(sid);
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Refused> {
        match command {
            Command::Ping => {
                self.outbox.say("PONG\r\n");
                return Ok(());
            }
            Command::Pong => return Ok(()),
            Command::Ignored(why) => {
                self.outbox.say(&format!("-ERR '{why}'\r\n"));
                return Ok(());
            }
            Command::Connect(connect) => self.connect = connect,
            // It can only be too large, which has been looked at.
            Command::Publish(message) => self.peer.publish(message).await.map_err(|_| Refused::Payload)?,
            Command::Subscribe { sid, filter, queue_group } => {
                if self.subscriptions.len() >= SUBSCRIPTIONS {
                    return Err(Refused::Syntax);
                }
                let (outbox, over) = (self.outbox.clone(), self.over.0.clone());
                let delivery = Arc::new(Delivery::new(outbox, sid.clone(), self.connect, over));
                let attachment = self.peer.attach(filter, queue_group, Sink::Upstairs(delivery.clone()));
                self.subscriptions.insert(sid, Subscription { delivery, _attachment: attachment });
            }
            Command::Unsubscribe { sid, after: None } => _ = self.subscriptions.remove(&sid),
            Command::Unsubscribe { sid, after: Some(after) } => {
                if let Some(subscription) = self.subscriptions.get(&sid) {
                    subscription.delivery.limit(after);
                    self.forget(&sid);
                }
            }
        }
        if self.connect.verbose {
            self.outbox.say("+OK\r\n");
        }
        Ok(())
    }
}

async fn write(outbox: &Outbox, mut stream: OwnedWriteHalf) {
    while let Some(mut bytes) = outbox.take().await {
        while bytes.has_remaining() {
            match timeout(PATIENCE, stream.write_buf(&mut bytes)).await {
                Ok(Ok(_)) => {}
                Ok(Err(_)) => return,
                Err(_) => {
                    tracing::warn!(
                        "a client took nothing for {PATIENCE:?} and is cut off: {} bytes waited",
                        bytes.len()
                    );
                    return;
                }
            }
        }
    }
    let _ = stream.shutdown().await;
}
