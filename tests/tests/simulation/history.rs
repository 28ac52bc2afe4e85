//! What was asked, handled, stored and answered; and what of it may not have happened.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::seeds::Verdict;
use crate::world::SKEW;

/// How long requests may take, from end to end.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(3);

/// How much later than that the answer may come: the timer of the one who gives up.
const SLACK: Duration = Duration::from_millis(250);

/// How wrong clocks may be for the extension: its default.
const ALLOWED_SKEW: Duration = Duration::from_secs(1);

/// One request of a device.
struct Asked {
    endpoint: String,
    at: Instant,
    outcomes: Vec<(Instant, i32)>,
    /// The device has gone before the answer came.
    is_abandoned: bool,
}

/// Everything that matters of one seed.
pub(crate) struct History {
    /// Whether payloads arrive as they were sent, so that what is in them proves something.
    is_exact: bool,
    /// Nothing goes wrong any more.
    pub(crate) is_calm: bool,
    asked: BTreeMap<u64, Asked>,
    stored: BTreeSet<(String, u64)>,
    problems: Vec<String>,
}

impl History {
    pub(crate) fn new(is_exact: bool) -> Self {
        Self {
            is_exact,
            is_calm: false,
            asked: BTreeMap::new(),
            stored: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// A device asks: the number of its request.
    pub(crate) fn ask(&mut self, endpoint: &str) -> u64 {
        let number = u64::try_from(self.asked.len()).unwrap() + 1;
        let asked = Asked {
            endpoint: endpoint.to_owned(),
            at: Instant::now(),
            outcomes: Vec::new(),
            is_abandoned: false,
        };
        self.asked.insert(number, asked);
        number
    }

    /// I2 and I3: a device gets an answer.
    pub(crate) fn answered(&mut self, endpoint: &str, number: u64, status: i32, payload: &Bytes) {
        let is_exact = self.is_exact;
        let Some(asked) = self.asked.get_mut(&number).filter(|asked| asked.endpoint == endpoint) else {
            return self.problem(format!("I3: {endpoint} got the answer to {number}, which it did not ask"));
        };
        asked.outcomes.push((Instant::now(), status));
        // A configuration names its endpoint in no way.
        if is_exact && (200..300).contains(&status) && !payload.is_empty() && !payload.starts_with(b"{") {
            let about = number_of(payload);
            if about != Some(number) {
                self.problem(format!("I3: the answer to {number} of {endpoint} is {payload:?}"));
            }
        }
    }

    /// A device goes, and waits for nothing any more.
    pub(crate) fn left(&mut self, endpoint: &str) {
        for asked in self.asked.values_mut().filter(|asked| asked.endpoint == endpoint) {
            asked.is_abandoned |= asked.outcomes.is_empty();
        }
    }

    /// I3: a device gets what it did not ask for; it begins with the endpoint it is for.
    pub(crate) fn pushed(&mut self, endpoint: &str, payload: &Bytes) {
        if self.is_exact && !payload.starts_with(endpoint.as_bytes()) {
            self.problem(format!("I3: {endpoint} was pushed {payload:?}"));
        }
    }

    /// I4: an extension begins to handle a request.
    pub(crate) fn handled(&mut self, payload: &Bytes) {
        let Some(number) = number_of(payload).filter(|_| self.is_exact) else { return };
        let Some(asked) = self.asked.get(&number) else {
            return self.problem(format!("I3: {payload:?} was handled, which nobody asked"));
        };
        let late = asked.at.elapsed();
        if late > TIMEOUT + ALLOWED_SKEW + 2 * SKEW {
            self.problem(format!("I4: {number} was handled {late:?} after it was asked"));
        }
    }

    /// A receiver has stored a sample.
    pub(crate) fn stored(&mut self, receiver: &str, number: u64) {
        self.stored.insert((receiver.to_owned(), number));
    }

    /// I1: what was confirmed is with each of them.
    pub(crate) fn confirmed_by(&mut self, receivers: &[&str]) {
        let missing: Vec<String> = self
            .asked
            .iter()
            .filter(|(_, asked)| asked.outcomes.iter().any(|(_, status)| *status == 200))
            .flat_map(|(number, _)| receivers.iter().map(move |receiver| (*receiver, *number)))
            .filter(|(receiver, number)| !self.stored.contains(&((*receiver).to_owned(), *number)))
            .map(|(receiver, number)| format!("I1: {number} was confirmed, and {receiver} has not got it"))
            .collect();
        if self.is_exact {
            self.problems.extend(missing);
        }
    }

    /// The status of the first answer to a request.
    pub(crate) fn outcome(&self, number: u64) -> Option<i32> {
        self.asked.get(&number)?.outcomes.first().map(|(_, status)| *status)
    }

    /// How often each status was an answer.
    pub(crate) fn statuses(&self) -> BTreeMap<i32, usize> {
        let mut statuses = BTreeMap::new();
        for (_, status) in self.asked.values().flat_map(|asked| &asked.outcomes) {
            *statuses.entry(*status).or_default() += 1;
        }
        statuses
    }

    /// I2: each request has ended once, in time. And what else was noted.
    pub(crate) fn verdict(&mut self) -> Verdict {
        for (number, Asked { at, outcomes, endpoint, is_abandoned }) in &self.asked {
            let problem = match outcomes.as_slice() {
                [(answered, _)] if *answered <= *at + TIMEOUT + SLACK => continue,
                [(answered, status)] => format!("was answered with {status} after {:?}", *answered - *at),
                [] if *is_abandoned => continue,
                [] => "was never answered".to_owned(),
                several => format!("was answered {} times", several.len()),
            };
            self.problems.push(format!("I2: {number} of {endpoint} {problem}"));
        }
        self.problems.first().map_or(Ok(()), |problem| Err(problem.clone()))
    }
}

/// The number that a payload begins with.
fn number_of(payload: &Bytes) -> Option<u64> {
    let text = str::from_utf8(payload).ok()?;
    text.split(' ').next()?.parse().ok()
}
