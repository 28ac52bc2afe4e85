//! How it is asked: so many at a time, or each at its time whether or not answers have come.

use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::workload::Answers;

/// One answer in so many is looked at as a whole.
const LOOKED_AT: u32 = 16;

/// How long no answer may come before those that are missing count as lost.
const SILENCE: Duration = Duration::from_secs(2);

/// Asks `count` times, with at most `window` questions open.
pub(crate) fn closed(peer: &mut Peer, answers: Answers, window: u32, count: u32) {
    let first = peer.next();
    let (mut asked, mut answered) = (0, 0);
    while answered < count {
        while asked < count && asked - answered < window {
            peer.ask();
            asked += 1;
        }
        peer.flush();
        let before = answered;
        peer.answers(|workload, number, answer| {
            // What was asked before, until somebody listened, may be answered late.
            if number >= first {
                answered += 1;
                if number % LOOKED_AT == 0 {
                    workload.check(answers, number, answer);
                }
            }
        });
        if answered == before {
            peer.wait();
        }
    }
}

/// The same in bursts: the next begins when the last is answered, which makes it the same on every run.
pub(crate) fn bursts(peer: &mut Peer, answers: Answers, burst: u32, count: u32) {
    for _ in 0..count / burst {
        closed(peer, answers, burst, burst);
    }
}

/// Asks `rate` times a second for as long as `span`, by chance as independent devices do (Poisson), and returns
/// how long each answer took from the moment that its question was due, sorted. `None` when some never came: a client
/// library that is not given enough time drops what does not fit into its queue.
///
/// Looks at the clock all the time: a sleep would be longer than what is measured.
pub(crate) fn open(peer: &mut Peer, answers: Answers, rate: f64, span: Duration) -> Option<Vec<Duration>> {
    let schedule = schedule(rate, span);
    let first = peer.next();
    let mut latencies = Vec::with_capacity(schedule.len());
    let mut asked = 0;
    let start = Instant::now();
    let mut last_answer = Duration::ZERO;
    while latencies.len() < schedule.len() {
        let now = start.elapsed();
        if now > last_answer + SILENCE {
            return None;
        }
        while schedule.get(asked).is_some_and(|due| *due <= now) {
            peer.ask();
            asked += 1;
        }
        peer.flush();
        peer.answers(|workload, number, answer| {
            if let Some(due) = number.checked_sub(first).and_then(|index| schedule.get(index as usize)) {
                last_answer = start.elapsed();
                latencies.push(last_answer.saturating_sub(*due));
                if number % LOOKED_AT == 0 {
                    workload.check(answers, number, answer);
                }
            }
        });
    }
    latencies.sort_unstable();
    Some(latencies)
}

/// When each message is due.
fn schedule(rate: f64, span: Duration) -> Vec<Duration> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut due = 0.0;
    let mut schedule = Vec::new();
    while due < span.as_secs_f64() {
        schedule.push(Duration::from_secs_f64(due));
        due += -(1.0 - random.share()).ln() / rate;
    }
    schedule
}

/// Xorshift: the same schedule for every responder.
struct Random(u64);

impl Random {
    /// At least 0 and less than 1.
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_due_as_often_as_asked_for_and_by_chance() {
        let schedule = schedule(10_000.0, Duration::from_secs(10));
        assert!((99_000..101_000).contains(&schedule.len()), "{}", schedule.len());
        let gaps: Vec<_> = schedule.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
        // Exponential: 63 % of the gaps are shorter than the mean.
        let short = gaps.iter().filter(|gap| **gap < 1e-4).count() as f64 / gaps.len() as f64;
        assert!((0.62..0.64).contains(&short), "{short}");
    }
}
