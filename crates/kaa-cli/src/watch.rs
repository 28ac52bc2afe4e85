//! Listening until there is enough: what `kaa tap` and `kaa record` do.

use std::io;
use std::pin::pin;
use std::time::Duration;

use clap::Args;
use kaa_ext::bus::SubscribeError;
use kaa_process::signals::Signals;
use kaa_tap::{Criteria, Happened, Listener};
use tokio::time::sleep;

use crate::arguments::duration;
use crate::connection::{Connection, ConnectionError};
use crate::terminal::{Output, Progress, tell};

/// For how long, and to what.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Stop after this many messages
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
    /// Stop after this time
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    time: Option<Duration>,
    /// How long an answer may take when its request does not say
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    wait: Duration,
    /// Subscribe to the filters alone: needs no other permission, and sees no answers that go elsewhere
    #[arg(long, requires = "filters")]
    only: bool,
}

/// Why nothing could be listened to, or not to the end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
    #[error("signals cannot be listened to")]
    Signals(#[source] io::Error),
    #[error("the output cannot be written")]
    Output(#[source] io::Error),
}

/// What listens already, so that nothing is missed while somebody looks for a place to write to.
#[derive(Debug)]
pub(crate) struct Watching {
    signals: Signals,
    listener: Listener,
    count: Option<u64>,
    time: Duration,
}

impl Watch {
    /// Begins to listen.
    pub(crate) async fn open(
        self,
        command: &str,
        connection: &Connection,
        criteria: Criteria,
    ) -> Result<Watching, WatchError> {
        let signals = Signals::listen().map_err(WatchError::Signals)?;
        let bus = connection.open(&format!("kaa {command}")).await?;
        let listener = Listener::open(&bus, criteria, self.only, self.wait).await?;
        if let Some(why) = listener.deaf_to_inboxes() {
            tell(command, &format!("answers to inboxes are not seen: {why}"));
        }
        tell(command, &format!("listening to {}", listener.filters()));
        Ok(Watching { signals, listener, count: self.count, time: self.time.unwrap_or(Duration::MAX) })
    }
}

impl Watching {
    /// Writes what `render` makes of what happens, until there is enough. Returns what is to be said at the end.
    pub(crate) async fn write(
        self,
        output: Output,
        mut progress: Option<Progress>,
        render: impl Fn(&Happened) -> String,
    ) -> Result<String, WatchError> {
        let Self { mut signals, mut listener, count, time } = self;
        let mut end = pin!(sleep(time));
        let (mut shown, mut unanswered) = (0, 0);
        while count.is_none_or(|count| shown < count) {
            let happened = tokio::select! {
                biased;
                () = signals.next() => break,
                () = &mut end => break,
                happened = listener.next() => happened,
            };
            let Some(happened) = happened else { break };
            match &happened {
                Happened::Message(_) => shown += 1,
                Happened::Unanswered { .. } => unanswered += 1,
                _ => {}
            }
            if let Some(progress) = &mut progress {
                progress.show(|| format!("{shown} messages, {} missed", listener.missed()));
            }
            let is_read = tokio::select! {
                biased;
                () = signals.next() => break,
                is_read = output.write(render(&happened)) => is_read,
            };
            if !is_read {
                break;
            }
        }
        drop(progress);
        match output.finish() {
            // Whoever read has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            finished => finished.map_err(WatchError::Output)?,
        }
        let left = listener.discard();
        Ok(summary(&listener, shown, unanswered, left))
    }
}

fn summary(listener: &Listener, shown: u64, unanswered: u64, left: u64) -> String {
    let mut parts = vec![format!("{shown} of {} messages", listener.seen)];
    let mut also = |count: u64, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    also(unanswered, "unanswered");
    also(left, "had come and were not looked at any more");
    also(listener.missed(), "missed, because they came too fast");
    also(
        listener.unjudged,
        "passed over because they could not be decoded and the conditions are about their content",
    );
    also(listener.given_up(), "whose answers could not be told, because too many were open");
    also(listener.unrelated, "to inboxes that answer nothing of Kaa");
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use kaa_ext::bus::Bus;

    use super::*;

    #[tokio::test]
    async fn it_may_last_as_long_as_anybody_says() {
        let bus = Bus::memory();
        let listener = Listener::open(&bus, Criteria::default(), false, Duration::MAX).await.unwrap();
        let watching =
            Watching { signals: Signals::listen().unwrap(), listener, count: Some(1), time: Duration::MAX };
        bus.publish("kaa.v1.service.dcx".parse().unwrap(), None, "x".into()).await.unwrap();
        let said = watching.write(Output::to(io::sink()), None, |_| String::new()).await.unwrap();
        assert_eq!(said, "1 of 1 messages");
    }
}
