//! The storing end by hand: one thread that writes, and a transaction for all that wait.

use std::thread;

use async_nats::{Message, Subject};
use bytes::Bytes;
use futures_util::StreamExt;
use rusqlite::{Connection, params};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::services::RECEIVER;
use crate::wire::Event;

const EVENTS: &str = "kaa.v1.events.*.endpoint.data-collection.data-samples-received";

/// How many batches are one transaction at most.
const GROUP: usize = 1_024;

const SCHEMA: &str = "
    CREATE TABLE samples (
        endpoint_id TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        app_version TEXT NOT NULL,
        timestamp INTEGER NOT NULL,
        content_type TEXT NOT NULL,
        sample BLOB NOT NULL,
        UNIQUE (correlation_id, number)
    );
    CREATE INDEX samples_of_endpoint ON samples (endpoint_id, timestamp);
";

const INSERT: &str = "INSERT OR IGNORE INTO samples VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// A receipt and where it goes.
type Receipt = (Subject, Bytes);

pub(crate) async fn run(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let mut events = client.queue_subscribe(EVENTS, RECEIVER.to_owned()).await.unwrap();
    client.flush().await.unwrap();
    let (queue, batches) = unbounded_channel();
    let (stored, mut receipts) = unbounded_channel();
    let connection = open();
    thread::spawn(move || write(&connection, batches, &stored));
    eprintln!("serving");
    loop {
        tokio::select! {
            Some(event) = events.next() => queue.send(event).unwrap(),
            Some((reply_to, receipt)) = receipts.recv() => client.publish(reply_to, receipt).await.unwrap(),
        }
    }
}

fn open() -> Connection {
    let connection = Connection::open("samples.db").unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    connection
}

fn write(
    connection: &Connection,
    mut batches: UnboundedReceiver<Message>,
    stored: &UnboundedSender<Receipt>,
) {
    while let Some(first) = batches.blocking_recv() {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut receipts = vec![insert(connection, &first)];
        while receipts.len() < GROUP
            && let Ok(next) = batches.try_recv()
        {
            receipts.push(insert(connection, &next));
        }
        connection.execute_batch("COMMIT").unwrap();
        for receipt in receipts {
            stored.send(receipt).unwrap();
        }
    }
}

fn insert(connection: &Connection, message: &Message) -> Receipt {
    let event = Event::read(&message.payload);
    let Event { correlation_id, timestamp, app_version, endpoint, content_type, .. } = event;
    let mut statement = connection.prepare_cached(INSERT).unwrap();
    for (number, sample) in (0_i64..).zip(&event.samples) {
        let row = params![endpoint, correlation_id, number, app_version, timestamp, content_type, sample];
        statement.execute(row).unwrap();
    }
    (message.reply.clone().unwrap(), event.receipt(RECEIVER).into())
}
