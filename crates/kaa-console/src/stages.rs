//! Where the time of a message went.

use serde::{Deserialize, Serialize};

/// One of the stages, in microseconds since the request was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Stage {
    name: &'static str,
    from: u64,
    to: u64,
}

/// Where the time went at one of those who handled the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Handler {
    pub(crate) replica: String,
    pub(crate) function: String,
    pub(crate) stages: Vec<Stage>,
}

/// What a replica says of a message that it has handled.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handled {
    /// The number of the message, which only grows.
    pub(crate) n: u64,
    pub(crate) correlation_id: String,
    pub(crate) function: String,
    /// The record, of what another service sent.
    pub(crate) record: Option<String>,
    /// When it arrived, in Unix microseconds.
    arrived: u64,
    /// How long after that it left the line, if it stood in one; its handler was done; its answer was sent: in
    /// microseconds.
    left_line: Option<u64>,
    handled: u64,
    sent: u64,
}

impl Handled {
    /// The stages of a message that was seen then, and took so long until its answer. The clocks of several machines may
    /// differ, so what they say is moved to where it can be.
    pub(crate) fn stages(&self, seen: u64, took: Option<u64>) -> Vec<Stage> {
        let latest = took.map_or(u64::MAX, |took| took.saturating_sub(self.sent));
        let arrived = self.arrived.saturating_sub(seen).min(latest);
        let after = |micros: u64| arrived.saturating_add(micros);
        let begun = self.left_line.map_or(arrived, after);
        let handled = after(self.handled).max(begun);
        let end = took.unwrap_or_default().max(after(self.sent)).max(handled);
        let in_line = self.left_line.map(|_| Stage { name: "in line", from: arrived, to: begun });
        [Stage { name: "on the bus", from: 0, to: arrived }]
            .into_iter()
            .chain(in_line)
            .chain([
                Stage { name: "handler", from: begun, to: handled },
                Stage { name: "answer", from: handled, to: end },
            ])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(arrived: u64, left_line: Option<u64>, took: Option<u64>) -> Vec<(&'static str, u64, u64)> {
        let (correlation_id, function) = ("c".to_owned(), "f".to_owned());
        let handled = Handled {
            n: 1,
            correlation_id,
            function,
            record: None,
            arrived,
            left_line,
            handled: 300,
            sent: 320,
        };
        let stages = handled.stages(1_000, took);
        stages.into_iter().map(|Stage { name, from, to }| (name, from, to)).collect()
    }

    #[test]
    fn stages_follow_each_other_to_the_answer() {
        assert_eq!(
            stages(1_050, Some(100), Some(400)),
            [("on the bus", 0, 50), ("in line", 50, 150), ("handler", 150, 350), ("answer", 350, 400)]
        );
        assert_eq!(stages(1_050, None, None)[1..], [("handler", 50, 350), ("answer", 350, 370)]);
    }

    #[test]
    fn a_clock_that_is_wrong_moves_nothing_out_of_the_request() {
        assert_eq!(stages(0, None, Some(400))[0], ("on the bus", 0, 0));
        assert_eq!(stages(9_000_000, None, Some(400))[0], ("on the bus", 0, 80));
        assert_eq!(stages(u64::MAX, Some(u64::MAX), None).len(), 4);
    }
}
