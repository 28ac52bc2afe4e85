//! What browsers are told, each at its own pace.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::limits::{QUEUE, QUEUE_BYTES};

/// What to tell: the last events for those who are slow, and how things stand, of which only the latest is of interest.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    events: VecDeque<Event>,
    /// How large they are together.
    bytes: usize,
    /// How many events there were so far, and how many messages they were about.
    told: u64,
    messages: u64,
    standing: [Standing; 2],
}

#[derive(Debug)]
struct Event {
    text: Arc<str>,
    /// How many messages all events before it were about, and how many with it.
    before: u64,
    after: u64,
}

/// How something stands.
#[derive(Debug, Default)]
struct Standing {
    text: Option<Arc<str>>,
    /// How often it was told.
    told: u64,
}

/// What there is of which only the latest is of interest.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic {
    Services,
    Sessions,
}

/// How far a browser has come.
#[derive(Debug)]
pub(crate) struct Cursor {
    told: u64,
    messages: u64,
    standing: [u64; 2],
}

impl Feed {
    /// Where a browser begins that has just come: with how things stand, and what is told from now on.
    pub(crate) fn begin(&self) -> Cursor {
        Cursor { told: self.told, messages: self.messages, standing: [0; 2] }
    }

    /// Tells of so many messages. Of what is too much, the oldest is forgotten.
    pub(crate) fn tell(&mut self, text: Arc<str>, messages: u64) {
        let before = self.messages;
        self.messages = before.saturating_add(messages);
        self.told += 1;
        self.bytes += text.len();
        self.events.push_back(Event { text, before, after: self.messages });
        while self.events.len() > QUEUE || self.bytes > QUEUE_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }

    /// Tells how something stands now.
    pub(crate) fn stand(&mut self, topic: Topic, text: Arc<str>) {
        let [services, sessions] = &mut self.standing;
        let standing = match topic {
            Topic::Services => services,
            Topic::Sessions => sessions,
        };
        *standing = Standing { text: Some(text), told: standing.told + 1 };
    }

    /// Nobody is there any more, and what is told next is not of today.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
        self.standing.iter_mut().for_each(|standing| standing.text = None);
    }

    /// What a browser is told next, if there is something.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Option<Arc<str>> {
        for (standing, told) in self.standing.iter().zip(&mut cursor.standing) {
            if standing.told > std::mem::replace(told, standing.told)
                && let Some(text) = &standing.text
            {
                return Some(text.clone());
            }
        }
        let oldest = self.told - self.events.len() as u64;
        cursor.told = cursor.told.max(oldest);
        let event = self.events.get(usize::try_from(cursor.told - oldest).ok()?)?;
        let missed = event.before.saturating_sub(cursor.messages);
        if missed > 0 {
            cursor.messages = event.before;
            return Some(skipped(missed));
        }
        (cursor.told, cursor.messages) = (cursor.told + 1, event.after);
        Some(event.text.clone())
    }
}

/// What a browser is told when it has missed so many messages.
pub(crate) fn skipped(count: u64) -> Arc<str> {
    text("skipped", &json!({ "count": count }))
}

/// An event as it goes to a browser. JSON has no line end outside of what is escaped.
pub(crate) fn text(name: &str, data: &impl Serialize) -> Arc<str> {
    let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    format!("event: {name}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(feed: &Feed, cursor: &mut Cursor) -> Vec<Arc<str>> {
        std::iter::from_fn(|| feed.next(cursor)).collect()
    }

    fn of(text: &str) -> Arc<str> {
        text.into()
    }

    #[test]
    fn a_browser_that_is_slow_is_told_the_last_events_and_how_much_it_has_missed() {
        let mut feed = Feed::default();
        feed.tell(of("early"), 7);
        let mut slow = feed.begin();
        for n in 0..2_000 {
            feed.tell(of(&n.to_string()), 1);
        }
        let told = all(&feed, &mut slow);
        assert_eq!(told.len(), 1 + 1_024);
        assert_eq!((&told[0], &*told[1], &**told.last().unwrap()), (&skipped(976), "976", "1999"));
        assert!(all(&feed, &mut slow).is_empty());
        feed.tell(of("next"), 1);
        assert_eq!(all(&feed, &mut slow), [of("next")]);
    }

    #[test]
    fn what_waits_for_slow_browsers_has_a_bound_in_bytes() {
        let mut feed = Feed::default();
        let mut slow = feed.begin();
        let large = of(&"x".repeat(1 << 20));
        for _ in 0..100 {
            feed.tell(large.clone(), 1);
        }
        let told = all(&feed, &mut slow);
        assert_eq!((told.len(), &told[0]), (1 + 8, &skipped(92)));
        feed.tell(of(&"x".repeat(9 << 20)), 1);
        feed.tell(of("small"), 1);
        assert_eq!(all(&feed, &mut slow), [skipped(1), of("small")]);
    }

    #[test]
    fn of_how_things_stand_only_the_latest_waits_and_nobody_misses_it() {
        let mut feed = Feed::default();
        let mut slow = feed.begin();
        for n in 0..2_000 {
            feed.stand(Topic::Services, of(&format!("services {n}")));
            feed.stand(Topic::Sessions, of(if n < 5 { "pinned" } else { "none" }));
            feed.tell(of("event"), 1);
        }
        let told = all(&feed, &mut slow);
        assert_eq!((told.len(), &*told[0], &*told[1]), (2 + 1 + 1_024, "services 1999", "none"));
        assert_eq!(all(&feed, &mut feed.begin()), [of("services 1999"), of("none")]);
        feed.clear();
        assert!(all(&feed, &mut feed.begin()).is_empty());
    }
}
