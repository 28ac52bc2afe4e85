//! The task that looks at the bus while somebody watches.

use std::sync::Arc;
use std::time::Duration;

use kaa_bus::SubscribeError;
use kaa_tap::{Questions, Sources, Verb};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::fleet::Fleet;
use crate::flow::Flow;
use crate::handled;
use crate::limits::BURST;
use crate::room::Room;
use crate::source::SourceError;

const SECOND: Duration = Duration::from_secs(1);

/// How long after a question the answers are told: the time in which most of them come.
const ANSWERED: Duration = Duration::from_millis(100);

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
    // When the services are told of, as long as there is something to tell.
    let mut told: Option<Instant> = None;
    loop {
        let wake = flow.next_due(&sources).into_iter().chain(told).min();
        let wake = wake.unwrap_or_else(|| Instant::now() + SECOND);
        tokio::select! {
            biased;
            _ = second.tick() => {
                let now = Instant::now();
                flow.second(sources.lost(), now);
                fleet.forget(now);
                told.get_or_insert(now + ANSWERED);
                if fleet.is_to_be_described() {
                    questions.ask(Verb::Info);
                }
                questions.ask(Verb::Stats);
                questions.ask(Verb::Recent);
            }
            said = questions.next() => {
                let said = said.ok_or(WatchError::Closed)?;
                fleet.hear(&said, Instant::now());
                if said.verb == Verb::Info {
                    told.get_or_insert(Instant::now() + ANSWERED);
                }
                if said.verb == Verb::Recent {
                    handled::show(room, &said, &fleet.handled(&said));
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
        let now = Instant::now();
        flow.due(&mut sources, now);
        if told.take_if(|at| *at <= now).is_some() {
            room.services(&fleet.services(now));
        }
    }
}
