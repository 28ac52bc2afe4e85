//! The storing end by hand: one thread that writes, and a transaction for all that wait.

use std::collections::{BTreeMap, HashMap};
use std::thread;

use async_nats::{Message, Subject};
use bytes::Bytes;
use futures_util::StreamExt;
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::services::RECEIVER;
use crate::wire::Event;

const EVENTS: &str = "kaa.v1.events.*.endpoint.data-collection.data-samples-received";
const POINTS: &str = "kaa.v1.events.epts.endpoint.data-collection.data-points-received";

/// How many batches are one transaction at most.
const GROUP: usize = 1_024;

/// The same tables as the service has.
const SCHEMA: &str = include_str!("../../../examples/epts/src/store/sqlite.sql");

/// What goes out for a batch that is stored: its receipt, and the points of each series.
type Sent = Vec<(Subject, Bytes)>;

pub(crate) async fn run(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let mut events = client.queue_subscribe(EVENTS, RECEIVER.to_owned()).await.unwrap();
    client.flush().await.unwrap();
    let (queue, batches) = unbounded_channel();
    let (stored, mut outgoing) = unbounded_channel::<Sent>();
    let connection = open();
    thread::spawn(move || write(&connection, batches, &stored));
    eprintln!("serving");
    loop {
        tokio::select! {
            Some(event) = events.next() => queue.send(event).unwrap(),
            Some(messages) = outgoing.recv() => {
                for (subject, datum) in messages {
                    client.publish(subject, datum).await.unwrap();
                }
            }
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

fn write(connection: &Connection, mut batches: UnboundedReceiver<Message>, stored: &UnboundedSender<Sent>) {
    let mut statements = Statements::prepare(connection);
    while let Some(first) = batches.blocking_recv() {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut done = vec![statements.insert(&first)];
        while done.len() < GROUP
            && let Ok(next) = batches.try_recv()
        {
            done.push(statements.insert(&next));
        }
        connection.execute_batch("COMMIT").unwrap();
        for messages in done {
            stored.send(messages).unwrap();
        }
    }
}

struct Statements<'c> {
    endpoint: Statement<'c>,
    batch: Statement<'c>,
    series: Statement<'c>,
    sample: Statement<'c>,
    point: Statement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> Self {
        let prepare = |sql| connection.prepare(sql).unwrap();
        Self {
            endpoint: prepare(
                "INSERT INTO endpoints (name, app_version, last_sent) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE
                 SET app_version = iif(excluded.last_sent >= last_sent, excluded.app_version, app_version),
                     last_sent = max(last_sent, excluded.last_sent)
                 RETURNING id",
            ),
            batch: prepare(
                "INSERT INTO batches (endpoint, correlation_id, digest, content_type) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO NOTHING RETURNING id",
            ),
            series: prepare(
                "INSERT INTO series (endpoint, name) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET name = name RETURNING id",
            ),
            sample: prepare(
                "INSERT INTO samples (batch, position, endpoint, time, content) VALUES (?1, ?2, ?3, ?4, ?5)",
            ),
            point: prepare("INSERT INTO points (series, time, sample, value) VALUES (?1, ?2, ?3, ?4)"),
        }
    }

    fn insert(&mut self, message: &Message) -> Sent {
        let event = Event::read(&message.payload);
        let mut sent = vec![(message.reply.clone().unwrap(), event.receipt(RECEIVER).into())];
        let row = params![event.endpoint, event.app_version, event.timestamp];
        let endpoint: i64 = self.endpoint.query_row(row, id).unwrap();
        let digest = digest(&SHA256, event.samples_wire);
        let row = params![endpoint, event.correlation_id, digest.as_ref(), event.content_type];
        let Some(batch) = self.batch.query_row(row, id).optional().unwrap() else { return sent };
        let mut series: HashMap<&str, (i64, Vec<f64>)> = HashMap::new();
        for (position, sample) in (0_i64..).zip(&event.samples) {
            let row = params![batch, position, endpoint, event.timestamp, sample];
            let sample_id = self.sample.insert(row).unwrap();
            let numbers: BTreeMap<&str, f64> = serde_json::from_slice(sample).unwrap();
            for (name, value) in numbers {
                let (series, values) = series.entry(name).or_insert_with(|| {
                    (self.series.query_row(params![endpoint, name], id).unwrap(), Vec::new())
                });
                self.point.execute(params![*series, event.timestamp, sample_id, value]).unwrap();
                values.push(value);
            }
        }
        sent.extend(series.into_iter().map(|(name, (_, values))| {
            let name = format!("auto~{name}");
            (format!("{POINTS}.{name}").into(), event.points(&name, &values).into())
        }));
        sent
    }
}

fn id(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(0)
}
