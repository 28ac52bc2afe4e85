//! The subscriptions of somebody who looks at all of the bus.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use kaa_bus::{Bus, Clock, Message, SubjectFilter, SubscribeError, Subscription};
use tokio::time::Instant;

/// Where all messages of Kaa go.
const KAA: &str = "kaa.v1.>";
/// Where answers go besides.
const INBOXES: &str = "_INBOX.>";

/// Several subscriptions as one. A message that several of them hear is taken once.
#[derive(Debug)]
pub struct Sources {
    all: Vec<Subscription>,
    /// Why inboxes are not listened to, if they were to be.
    deaf_to_inboxes: Option<SubscribeError>,
    /// Messages to inboxes that nothing was asked from so far: they may have overtaken the question.
    early: VecDeque<(Instant, SystemTime, Message)>,
}

/// A message, and when it was taken.
#[derive(Debug)]
pub struct Taken {
    /// When, by the clock of this machine.
    pub time: SystemTime,
    /// The message.
    pub message: Message,
}

impl Taken {
    /// Whether it went to an inbox.
    pub fn is_at_inbox(&self) -> bool {
        is_inbox(&self.message)
    }
}

impl Sources {
    /// How long an answer may come before its question, read from two subscriptions of one connection.
    pub const OVERTAKING: Duration = Duration::from_millis(50);
    /// How many such answers are kept.
    const EARLY: usize = 1024;

    /// What has to be heard to see all of Kaa, and `more` that is neither of Kaa nor an inbox.
    pub fn everything(more: &[SubjectFilter]) -> Vec<SubjectFilter> {
        let is_elsewhere = |filter: &&SubjectFilter| {
            !["kaa.v1.", "_INBOX."].iter().any(|known| filter.as_str().starts_with(known))
        };
        let elsewhere = more.iter().filter(is_elsewhere).cloned();
        [KAA, INBOXES].iter().filter_map(|filter| filter.parse().ok()).chain(elsewhere).collect()
    }

    /// Subscribes to each of them. With `spare_inboxes`, inboxes are done without when the server does not let it
    /// ([`deaf_to_inboxes`](Self::deaf_to_inboxes)).
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when the server does not let it, is away, or the bus is closed.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, nothing is subscribed to.
    pub async fn open(
        bus: &Bus,
        filters: Vec<SubjectFilter>,
        spare_inboxes: bool,
    ) -> Result<Self, SubscribeError> {
        let mut sources = Self { all: Vec::new(), deaf_to_inboxes: None, early: VecDeque::new() };
        for filter in filters {
            match bus.subscribe(filter.clone(), None).await {
                Ok(source) => sources.all.push(source),
                Err(error) if spare_inboxes && filter.as_str() == INBOXES => {
                    sources.deaf_to_inboxes = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(sources)
    }

    /// Why answers to inboxes are not heard; `None` when they are.
    pub fn deaf_to_inboxes(&self) -> Option<&SubscribeError> {
        self.deaf_to_inboxes.as_ref()
    }

    /// What is listened to.
    pub fn filters(&self) -> String {
        self.all.iter().map(|source| source.filter().as_str()).collect::<Vec<_>>().join(" and ")
    }

    /// How many messages came faster than they were taken.
    pub fn lost(&self) -> u64 {
        self.all.iter().map(Subscription::lost).sum()
    }

    /// Throws away what has come and was not taken, and says how many messages that were; without those at inboxes,
    /// which may be of no interest.
    pub fn discard(&mut self) -> u64 {
        let messages = self.all.iter_mut().flat_map(|source| std::iter::from_fn(|| source.try_next()));
        messages.map(|message| u64::from(!is_inbox(&message))).sum()
    }

    /// The next message; `None` when the bus is closed. Cancel safe.
    ///
    /// It is ready at once as long as messages wait: whoever takes many has to let other tasks run in between.
    pub async fn next(&mut self) -> Option<Taken> {
        loop {
            let (source, message) = self.take().await?;
            if !self.was_taken(source, &message) {
                return Some(Taken { time: Clock::System.now(), message });
            }
        }
    }

    /// A message that is there already.
    pub fn try_next(&mut self) -> Option<Taken> {
        let mut source = 0;
        while let Some(subscription) = self.all.get_mut(source) {
            match subscription.try_next() {
                Some(message) if !self.was_taken(source, &message) => {
                    return Some(Taken { time: Clock::System.now(), message });
                }
                Some(_) => {}
                None => source += 1,
            }
        }
        None
    }

    /// The next message of the first subscription that has one, and which one that is.
    async fn take(&mut self) -> Option<(usize, Message)> {
        poll_fn(|context| {
            for (n, source) in self.all.iter_mut().enumerate() {
                if let Poll::Ready(message) = source.poll_next(context) {
                    return Poll::Ready(message.map(|message| (n, message)));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Whether an earlier subscription hears it as well, so that it came twice.
    fn was_taken(&self, source: usize, message: &Message) -> bool {
        source > 0
            && String::from_utf8_lossy(&message.subject).parse().is_ok_and(|subject| {
                self.all.iter().take(source).any(|earlier| earlier.filter().matches(&subject))
            })
    }

    /// Puts aside a message at an inbox from which nothing was asked so far: the question may come within
    /// [`OVERTAKING`](Self::OVERTAKING). Says whether there was room.
    pub fn put_aside(&mut self, taken: Taken, now: Instant) -> bool {
        let has_room = self.early.len() < Self::EARLY;
        if has_room {
            self.early.push_back((now + Self::OVERTAKING, taken.time, taken.message));
        }
        has_room
    }

    /// The next of those that were put aside, whose time is over.
    pub fn due(&mut self, now: Instant) -> Option<Taken> {
        let (_, time, message) = self.early.pop_front_if(|(until, ..)| *until <= now)?;
        Some(Taken { time, message })
    }

    /// When that is.
    pub fn next_due(&self) -> Option<Instant> {
        self.early.front().map(|(until, ..)| *until)
    }
}

fn is_inbox(message: &Message) -> bool {
    message.subject.starts_with(b"_INBOX.")
}
