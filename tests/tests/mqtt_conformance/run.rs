//! Rows, carried out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::connection::{Connection, Ended, Packet, Segments};
use crate::notation::{self, Act, Identifiers, Item, Step};
use crate::server::Server;
use crate::table::{self, Row};

/// So many at the same time.
const CONVERSATIONS: usize = 64;

const PING: [u8; 2] = [0xC0, 0];

/// Runs all rows of a table.
///
/// # Panics
///
/// With all rows that were answered otherwise.
pub(crate) async fn every_row(server: &Server, file: &str, table: &'static str) {
    let rows = table::rows(table);
    let count = rows.len();
    let mut conversations = Conversations::new(server.address());
    for row in rows {
        for segments in [Segments::AsWritten, Segments::Bytes, Segments::One] {
            let Row { rule, name, script, line } = row;
            let what = format!("rules/{file}:{line} [{rule}] {name} ({segments:?})");
            let client = format!("r{line:03}{}", segments.letter());
            conversations.add(what, segments, notation::steps(script, &client));
        }
    }
    conversations.check(&format!("{count} rows")).await;
}

/// Conversations on their way, many at a time.
pub(crate) struct Conversations {
    address: SocketAddr,
    running: JoinSet<Result<(), String>>,
    places: Arc<Semaphore>,
}

impl Conversations {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, running: JoinSet::new(), places: Arc::new(Semaphore::new(CONVERSATIONS)) }
    }

    /// Starts one, unless its steps need what was answered before.
    pub(crate) fn add(&mut self, what: String, segments: Segments, steps: Vec<Step>) {
        if segments == Segments::One && !can_be_sent_at_once(&steps) {
            return;
        }
        let (address, places) = (self.address, Arc::clone(&self.places));
        self.running.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            converse(address, segments, &steps).await.map_err(|why| format!("{what}: {why}"))
        });
    }

    /// # Panics
    ///
    /// With all that went otherwise.
    pub(crate) async fn check(self, what: &str) {
        let failures = self.failures().await;
        let (count, list) = (failures.len(), failures.join("\n"));
        assert!(failures.is_empty(), "of {what}, {count} conversations went otherwise:\n{list}");
    }

    async fn failures(self) -> Vec<String> {
        let outcomes = self.running.join_all().await;
        let mut failures: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
        failures.sort();
        failures
    }
}

/// An identifier of the server has to be known, and PUBREL may only come behind PUBREC.
fn can_be_sent_at_once(steps: &[Step]) -> bool {
    let is_alone = steps.iter().all(|step| step.connection == 0);
    is_alone
        && steps.iter().all(|step| match &step.act {
            Act::Send(items) => !notation::has_identifier(items),
            Act::Expect { all, .. } => !all.iter().flatten().any(|items| notation::begins_with(items, 0x50)),
            Act::AliveOrEnd | Act::Finish => false,
            Act::End { not_before_ms } => *not_before_ms == 0,
            Act::Alive => true,
        })
}

async fn converse(address: SocketAddr, segments: Segments, steps: &[Step]) -> Result<(), String> {
    let mut connections = vec![Connection::open(address, segments).await];
    let mut identifiers = Identifiers::new();
    if segments == Segments::One {
        let mut all = Vec::new();
        for step in steps {
            match &step.act {
                Act::Send(items) => all.extend(notation::encode(items, &identifiers)),
                Act::Alive => all.extend(PING),
                _ => {}
            }
        }
        connections[0].send(&all).await;
    }
    // What was sent at once may end the connection before all of it was answered.
    let may_end = segments == Segments::One && steps.iter().any(|step| matches!(step.act, Act::End { .. }));
    for (number, step) in (1..).zip(steps) {
        if connections.len() == step.connection {
            connections.push(Connection::open(address, segments).await);
        }
        let connection = &mut connections[step.connection];
        let outcome = carry_out(connection, &step.act, &mut identifiers, segments, may_end).await;
        outcome.map_err(|why| format!("step {number}, {}: {why}", describe(&step.act)))?;
    }
    connections.iter().try_for_each(Connection::rest)
}

async fn carry_out(
    connection: &mut Connection,
    act: &Act,
    identifiers: &mut Identifiers,
    segments: Segments,
    may_end: bool,
) -> Result<(), String> {
    match act {
        Act::Send(_) if segments == Segments::One => {}
        Act::Send(items) => connection.send(&notation::encode(items, identifiers)).await,
        Act::Expect { all, or_end } => {
            let mut open: Vec<&Vec<Vec<Item>>> = all.iter().collect();
            while !open.is_empty() {
                let mut found = 0;
                let packet = connection.expect(|Packet { first, body }| {
                    let index = open.iter().position(|alternatives| {
                        alternatives
                            .iter()
                            .any(|items| notation::is_expected(items, *first, body, identifiers))
                    });
                    found = index.unwrap_or(0);
                    index.is_some()
                });
                match packet.await? {
                    Ok(_) => drop(open.remove(found)),
                    Err(Ended) if *or_end || may_end => return Ok(()),
                    Err(Ended) => return Err("the connection ended".to_owned()),
                }
            }
        }
        Act::End { not_before_ms } => connection.end(Duration::from_millis(*not_before_ms)).await?,
        Act::Alive => {
            if segments != Segments::One {
                connection.send(&PING).await;
            }
            match connection.expect(is_pong).await? {
                Err(Ended) if !may_end => return Err("the connection ended".to_owned()),
                _ => {}
            }
        }
        Act::AliveOrEnd => {
            connection.send(&PING).await;
            drop(connection.expect(|packet| is_pong(packet) || packet.first == 0xE0).await?);
        }
        Act::Finish => connection.finish().await,
    }
    Ok(())
}

fn is_pong(packet: &Packet) -> bool {
    packet.first == 0xD0 && packet.body.is_empty()
}

fn describe(act: &Act) -> &'static str {
    match act {
        Act::Send(_) => "to send",
        Act::Expect { .. } => "to receive",
        Act::End { .. } => "to be ended",
        Act::Alive => "to be alive",
        Act::AliveOrEnd => "to be alive or ended",
        Act::Finish => "to finish",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_goes_otherwise_is_noticed() {
    let server = Server::start(crate::server::roomy()).await;
    let mut conversations = Conversations::new(server.address());
    let wrong = [
        "> 10 ['MQTT' 04 02 003C '@'] < 20 [01 00]",
        "v4 > C000 < D0 [00]",
        "v4 > C000 x",
        "v4 > E000 =",
        "v4 > E000 < E0 [00]",
        "v4 > E000 x>1400",
        "v4 > 32 ['~/echo' 0001] < 40 [0002]",
        "v4 > 30 ['~/echo/7' \"x\"] < 30 ['~/echo/7/status' \"y\"]",
        "v4 > 32 ['~/echo' 0001] 32 ['~/echo' 0002] < 40 [0002] < 40 [0001]",
        "v4 > 82 [0001 '#' 00] < 90 [0001 00/01/02]",
        "v5 > D000 x",
        "v5 > D000 < E0 [83 *] x",
        "v5 > 32 ['a/b' 0001 {}] < 40 [0001 ok] & 32 ['a/b/error' $a *]",
        "> 10 ['MQTT' 05 02 003C {} '@'] < 20 [00 00 {* 25 01}]",
        "> 10 ['MQTT' 05 02 003C {} '@'] < 20 [00 00 {}]",
    ];
    for (number, script) in (1..).zip(wrong) {
        conversations.add(
            script.to_owned(),
            Segments::AsWritten,
            notation::steps(script, &format!("w{number}")),
        );
    }
    let failures = conversations.failures().await;
    let missed: Vec<_> =
        wrong.iter().filter(|script| !failures.iter().any(|why| why.starts_with(**script))).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    server.stop().await;
}
