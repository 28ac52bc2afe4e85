//! The MQTT connection of a device.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::{AsyncClient, ClientError, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// How many requests wait until they are written.
const OUT: usize = 256;
/// How many messages wait until the device takes them.
const IN: usize = 256;
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection, made again whenever it is lost.
pub(super) struct Link {
    client: AsyncClient,
    news: mpsc::Receiver<News>,
    polling: JoinHandle<()>,
    is_up: bool,
}

/// What comes from it.
#[derive(Debug)]
pub(super) enum News {
    /// It is there.
    Up,
    /// It is gone, and tried again.
    Down(String),
    /// A message.
    Message {
        /// Its topic.
        topic: String,
        /// What it says.
        payload: Bytes,
    },
}

impl Link {
    pub(super) fn open(client_id: &str, broker: SocketAddr) -> Self {
        let mut options = MqttOptions::new(client_id, broker.ip().to_string(), broker.port());
        options.set_keep_alive(Duration::from_secs(30));
        let (client, events) = AsyncClient::new(options, OUT);
        let (sender, news) = mpsc::channel(IN);
        // On a task of its own: a poll that is dropped half-way could lose a message.
        Self { client, news, polling: tokio::spawn(poll(events, sender)), is_up: false }
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up
    }

    /// Never waits: a device that cannot send says so.
    pub(super) fn publish(&self, topic: &str, payload: String) -> Result<(), ClientError> {
        self.client.try_publish(topic, QoS::AtLeastOnce, false, payload)
    }

    /// What comes next. Cancel safe.
    pub(super) async fn next(&mut self) -> News {
        let Some(news) = self.news.recv().await else {
            // The task ends only with the link.
            return std::future::pending().await;
        };
        match news {
            News::Up => self.is_up = true,
            News::Down(_) => self.is_up = false,
            News::Message { .. } => {}
        }
        news
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        if self.client.try_disconnect().is_ok() {
            let gone = async { while !matches!(self.next().await, News::Down(_)) {} };
            let _ = timeout(GOODBYE, gone).await;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

async fn poll(mut events: EventLoop, news: mpsc::Sender<News>) {
    loop {
        let heard = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => News::Up,
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                News::Message { topic: publish.topic, payload: publish.payload }
            }
            Ok(_) => continue,
            Err(error) => News::Down(error.to_string()),
        };
        let is_down = matches!(heard, News::Down(_));
        if news.send(heard).await.is_err() {
            return;
        }
        if is_down {
            sleep(AGAIN).await;
        }
    }
}
