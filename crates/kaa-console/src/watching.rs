//! The task that looks at the bus while somebody watches.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kaa_bus::SubscribeError;
use kaa_tap::Sources;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::exchange::Exchange;
use crate::fleet::Fleet;
use crate::flow::Flow;
use crate::limits::BURST;
use crate::room::Room;
use crate::source::SourceError;
use crate::stages::Handled;
use kaa_tap::{Questions, Said, Verb};

const SECOND: Duration = Duration::from_secs(1);

/// Why the bus cannot be looked at.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
    #[error("the bus was closed")]
    Closed,
}

/// Looks at the bus, for as long as this is polled. What goes wrong is tried again.
pub(crate) async fn watch(room: Arc<Room>) {
    loop {
        let Err(error) = look(&room).await;
        tracing::warn!("the console sees nothing: {error}; it tries again");
        room.services(&[(); 0]);
        sleep(SECOND).await;
    }
}

async fn look(room: &Arc<Room>) -> Result<std::convert::Infallible, WatchError> {
    let bus = room.source.open().await?;
    let mut sources = Sources::open(&bus, Sources::everything(&[]), true).await?;
    if let Some(why) = sources.deaf_to_inboxes() {
        tracing::warn!("the console does not see answers to inboxes: {why}");
    }
    let mut questions = Questions::open(&bus).await?;
    let (mut flow, mut fleet) = (Flow::new(room.clone()), Fleet::default());
    let mut second = interval(SECOND);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let wake = flow.next_due(&sources).unwrap_or_else(|| Instant::now() + SECOND);
        tokio::select! {
            biased;
            _ = second.tick() => {
                let now = Instant::now();
                flow.second(sources.lost(), now);
                fleet.forget(now);
                room.services(&fleet.services(now));
                // Before their figures, which are shown with what they are of.
                if fleet.is_to_be_described() {
                    questions.ask(Verb::Info);
                }
                questions.ask(Verb::Stats);
                questions.ask(Verb::Recent);
            }
            said = questions.next() => {
                let said = said.ok_or(WatchError::Closed)?;
                fleet.hear(&said, Instant::now());
                if said.verb == Verb::Recent {
                    show_stages(room, &said, &fleet.handled(&said));
                }
            }
            taken = sources.next() => {
                let mut next = Some(taken.ok_or(WatchError::Closed)?);
                let now = Instant::now();
                for _ in 0..BURST {
                    let Some(taken) = next.take() else { break };
                    if !questions.is_answered_at(&taken.message.subject) {
                        flow.take(taken, &mut sources, now);
                    }
                    next = sources.try_next();
                }
                if let Some(taken) = next {
                    flow.take(taken, &mut sources, now);
                }
                tokio::task::yield_now().await;
            }
            () = sleep_until(wake) => {}
        }
        flow.due(&mut sources, Instant::now());
    }
}

/// Adds to exchanges where their time went.
fn show_stages(room: &Room, said: &Said, handled: &[Handled]) {
    if handled.is_empty() {
        return;
    }
    let by_correlation: HashMap<_, _> =
        handled.iter().map(|handled| (handled.correlation_id.as_str(), handled)).collect();
    let found = room.collect(|exchange| {
        let handled = by_correlation.get(exchange.correlation_id.as_str())?;
        is_handled_by(exchange, said).then_some(*handled)
    });
    for (id, handled) in found {
        room.change(id, 0, |exchange| {
            exchange.stages = handled.stages(exchange.seen, exchange.answered);
            exchange.replica.get_or_insert_with(|| said.id.clone());
        });
    }
}

/// Whether the exchange is one that this replica may have handled: a correlation ID goes from one service to another.
fn is_handled_by(exchange: &Exchange, said: &Said) -> bool {
    let is_for =
        |of: &Option<String>, name: &str| of.as_deref().is_none_or(|of| kaa_bus::micro::name(of) == name);
    exchange.stages.is_empty()
        && (exchange.is_event() || is_for(&exchange.service, &said.name))
        && is_for(&exchange.replica, &said.id)
}
