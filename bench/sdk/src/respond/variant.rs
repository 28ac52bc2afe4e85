//! The bare client again, with what the public API of async-nats offers in place of what it does by default.

use std::process::Command;

use async_nats::client::traits::Publisher;
use async_nats::message::OutboundMessage;
use async_nats::{Client, ConnectOptions, HeaderMap, Message, Subject, Subscriber};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::runtime::{Builder, Runtime};

use crate::workload::SUBJECT;

/// As many messages as kaa-bus hands on at once.
const BATCH: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Everything by default: `publish` for each message of the stream.
    Default,
    /// `ConnectOptions::client_capacity`: so many commands wait for the connection's task (2,048).
    ClientCapacity(usize),
    /// `ConnectOptions::subscription_capacity`: so many messages wait for us (65,536).
    SubscriptionCapacity(usize),
    /// `ConnectOptions::read_buffer_capacity`: bytes (65,535).
    ReadBuffer(u16),
    SkipSubjectValidation,
    /// `ready_chunks`: what has arrived together is taken together.
    ReadyChunks,
    /// The same, and `Client::flush` after each.
    FlushEachChunk,
    /// `Publisher::publish_message`: the subject is moved and not cloned.
    PublishMessage,
    /// `Client` as a `Sink`: `feed`, which reserves a place in the queue and then takes it.
    Feed,
    /// `publish_with_headers`, and there are none.
    EmptyHeaders,
    /// `publish_with_headers` with one of them.
    OneHeader,
    /// `publish_with_reply`.
    WithReply,
    /// A clone of the client for each message.
    CloneEach,
    /// One connection to subscribe, another to publish.
    PublishElsewhere,
    /// Two connections on the one thread, which share the messages.
    TwoConnections,
    /// The runtime with several threads, and so many of them.
    MultiThread(usize),
}

pub(crate) const VARIANTS: [(&str, Variant); 20] = [
    ("default", Variant::Default),
    ("client-capacity-64", Variant::ClientCapacity(64)),
    ("client-capacity-65536", Variant::ClientCapacity(65_536)),
    ("subscription-capacity-512", Variant::SubscriptionCapacity(512)),
    ("subscription-capacity-1048576", Variant::SubscriptionCapacity(1_048_576)),
    ("read-buffer-4096", Variant::ReadBuffer(4_096)),
    ("read-buffer-16384", Variant::ReadBuffer(16_384)),
    ("skip-subject-validation", Variant::SkipSubjectValidation),
    ("ready-chunks", Variant::ReadyChunks),
    ("flush-each-chunk", Variant::FlushEachChunk),
    ("publish-message", Variant::PublishMessage),
    ("feed", Variant::Feed),
    ("empty-headers", Variant::EmptyHeaders),
    ("one-header", Variant::OneHeader),
    ("with-reply", Variant::WithReply),
    ("clone-each", Variant::CloneEach),
    ("publish-elsewhere", Variant::PublishElsewhere),
    ("two-connections", Variant::TwoConnections),
    ("multi-thread-1", Variant::MultiThread(1)),
    ("multi-thread-2", Variant::MultiThread(2)),
];

impl Variant {
    pub(crate) fn named(name: &str) -> Option<Self> {
        VARIANTS.iter().find(|(known, _)| *known == name).map(|(_, variant)| *variant)
    }

    /// This program again, as that responder.
    pub(crate) fn command(name: &str, url: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["respond-variant", name, url]);
        command
    }

    /// How many connections listen.
    pub(crate) fn listeners(self) -> usize {
        if self == Self::TwoConnections { 2 } else { 1 }
    }

    /// Whether its counts are the same on every run: nothing happens at the same time.
    pub(crate) fn is_deterministic(self) -> bool {
        !matches!(self, Self::MultiThread(_) | Self::PublishElsewhere | Self::TwoConnections)
    }

    /// Answers until the process is ended.
    pub(crate) fn run(self, url: &str) {
        self.runtime().block_on(async {
            let client = self.connect(url).await;
            match self {
                Self::PublishElsewhere => {
                    let other = self.connect(url).await;
                    self.answer(&other, &mut subscribe(&client).await).await;
                }
                Self::TwoConnections => {
                    let other = self.connect(url).await;
                    let (mut one, mut two) = (subscribe(&client).await, subscribe(&other).await);
                    tokio::join!(self.answer(&client, &mut one), self.answer(&other, &mut two));
                }
                // What `block_on` runs is on no worker, and would hand over every message.
                Self::MultiThread(_) => {
                    let task = tokio::spawn(async move {
                        self.answer(&client, &mut subscribe(&client).await).await;
                    });
                    task.await.unwrap();
                }
                _ => self.answer(&client, &mut subscribe(&client).await).await,
            }
        });
    }

    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::MultiThread(workers) => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(workers);
                builder
            }
            _ => Builder::new_current_thread(),
        };
        builder.enable_all().build().unwrap()
    }

    async fn connect(self, url: &str) -> Client {
        let options = ConnectOptions::new();
        let options = match self {
            Self::ClientCapacity(commands) => options.client_capacity(commands),
            Self::SubscriptionCapacity(messages) => options.subscription_capacity(messages),
            Self::ReadBuffer(bytes) => options.read_buffer_capacity(bytes),
            Self::SkipSubjectValidation => options.skip_subject_validation(true),
            _ => options,
        };
        options.connect(url).await.unwrap()
    }

    async fn answer(self, client: &Client, requests: &mut Subscriber) {
        match self {
            Self::ReadyChunks | Self::FlushEachChunk => {
                let mut chunks = requests.ready_chunks(BATCH);
                while let Some(chunk) = chunks.next().await {
                    for request in chunk {
                        client.publish(request.reply.unwrap(), request.payload).await.unwrap();
                    }
                    if self == Self::FlushEachChunk {
                        client.flush().await.unwrap();
                    }
                }
            }
            Self::Feed => {
                let mut client = client.clone();
                while let Some(Message { reply, payload, .. }) = requests.next().await {
                    client.feed(answer(reply.unwrap(), payload)).await.unwrap();
                }
            }
            _ => {
                while let Some(Message { reply, payload, .. }) = requests.next().await {
                    self.publish(client, reply.unwrap(), payload).await;
                }
            }
        }
    }

    async fn publish(self, client: &Client, to: Subject, payload: Bytes) {
        let published = match self {
            Self::EmptyHeaders => client.publish_with_headers(to, HeaderMap::new(), payload).await,
            Self::OneHeader => {
                let mut headers = HeaderMap::new();
                headers.insert("Kaa-Bench", "1");
                client.publish_with_headers(to, headers, payload).await
            }
            Self::WithReply => client.publish_with_reply(to, "kaa.v1.bench.answers", payload).await,
            Self::PublishMessage => client.publish_message(answer(to, payload)).await,
            Self::CloneEach => client.clone().publish(to, payload).await,
            _ => client.publish(to, payload).await,
        };
        published.unwrap();
    }
}

fn answer(subject: Subject, payload: Bytes) -> OutboundMessage {
    OutboundMessage { subject, payload, reply: None, headers: None }
}

async fn subscribe(client: &Client) -> Subscriber {
    client.queue_subscribe(SUBJECT, "bench".to_owned()).await.unwrap()
}
