//! One connection, from its greeting to its end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::command::{Command, Refused};
use super::greeting::{self, Connect};
use super::outbox::{Delivery, Outbox};
use crate::backend::Sink;
use crate::memory::peer::{Attachment, Peer};

/// How many subscriptions a client may have.
const SUBSCRIPTIONS: usize = 65_536;

/// Another process.
pub(super) struct Client {
    peer: Peer,
    outbox: Arc<Outbox>,
    connect: Connect,
    subscriptions: HashMap<Bytes, Subscription>,
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
        let client =
            Self { peer, outbox: outbox.clone(), connect: Connect::default(), subscriptions: HashMap::new() };
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
            () = reading => {}
        }
    }

    async fn listen(mut self, mut stream: OwnedReadHalf) -> Result<(), Refused> {
        let mut input = BytesMut::new();
        loop {
            while let Some(command) = Command::take(&mut input)? {
                self.obey(command).await?;
            }
            // A connection that is broken has nothing more to say, either.
            if stream.read_buf(&mut input).await.is_ok_and(|read| read > 0) {
                continue;
            }
            return Ok(());
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Refused> {
        self.subscriptions.retain(|_, subscription| !subscription.delivery.is_over());
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
                let Connect { headers, no_responders, .. } = self.connect;
                let delivery =
                    Arc::new(Delivery::new(self.outbox.clone(), sid.clone(), no_responders, headers));
                let attachment = self.peer.attach(filter, queue_group, Sink::Upstairs(delivery.clone()));
                self.subscriptions.insert(sid, Subscription { delivery, _attachment: attachment });
            }
            Command::Unsubscribe { sid, after: None } => _ = self.subscriptions.remove(&sid),
            Command::Unsubscribe { sid, after: Some(after) } => {
                if let Some(subscription) = self.subscriptions.get(&sid) {
                    subscription.delivery.limit(after);
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
    while let Some(bytes) = outbox.take().await {
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}
