//! How long a client may take, and how fast it may be.

use std::time::Duration;

use tokio::time::Instant;

use super::ending::Ending;
use crate::limits::{Limits, Pace};

/// The clocks of one session. There is a timer for the first of them only.
#[derive(Debug)]
pub(super) struct Timing {
    silence: Duration,
    packet_time: Duration,
    write: Duration,
    pace: Pace,
    /// Nothing is read before. Time that the client cannot use does not count against it.
    resume: Option<Instant>,
    is_reading: bool,
    /// When the last packet came.
    heard: Instant,
    /// Since when a part of a packet is there.
    begun: Option<Instant>,
    /// Since when something waits to be sent.
    sending: Option<Instant>,
}

impl Timing {
    /// `keep_alive`: in seconds, as the client and the server agreed; 0 for none.
    pub(super) fn new(limits: &Limits, keep_alive: u16, now: Instant) -> Self {
        // One and a half times the keep alive [MQTT-3.1.2-22, MQTT-3.1.2-24 in MQTT 3.1.1].
        let promised = Duration::from_millis(u64::from(keep_alive) * 1500);
        let silence = if keep_alive == 0 { limits.silence } else { promised.min(limits.silence) };
        Self {
            silence,
            packet_time: limits.packet_time,
            write: limits.write,
            pace: Pace::new(limits, now),
            resume: None,
            is_reading: false,
            heard: now,
            begun: None,
            sending: None,
        }
    }

    /// A packet of so many bytes came.
    pub(super) fn packet(&mut self, size: usize, now: Instant) {
        self.heard = now;
        self.begun = None;
        self.resume = self.pace.count(size, now);
    }

    /// A part of a packet is there, or not.
    pub(super) fn part(&mut self, is_there: bool, now: Instant) {
        self.begun = is_there.then(|| self.begun.unwrap_or(now));
    }

    /// Whether the client has to wait for its pace.
    pub(super) fn is_paused(&mut self, now: Instant) -> bool {
        self.resume = self.resume.filter(|resume| *resume > now);
        self.resume.is_some()
    }

    /// Whether the client is read from now on.
    pub(super) fn read(&mut self, is_reading: bool, now: Instant) {
        if is_reading && !self.is_reading {
            self.heard = now;
            self.begun = self.begun.map(|_| now);
        }
        self.is_reading = is_reading;
    }

    /// Something waits to be sent, or nothing does.
    pub(super) fn send(&mut self, is_waiting: bool, now: Instant) {
        self.sending = is_waiting.then(|| self.sending.unwrap_or(now));
    }

    /// Whether something waited to be sent the last time.
    pub(super) fn is_sending(&self) -> bool {
        self.sending.is_some()
    }

    /// When something has to happen if nothing else does.
    pub(super) fn next(&self) -> Option<Instant> {
        let clocks = self.clocks().into_iter().flatten().map(|(at, _)| at);
        clocks.chain(self.resume).min()
    }

    /// What was not done in time.
    pub(super) fn overdue(&self, now: Instant) -> Option<Ending> {
        let mut clocks = self.clocks().into_iter().flatten();
        clocks.find(|(at, _)| *at <= now).map(|(_, ending)| ending)
    }

    fn clocks(&self) -> [Option<(Instant, Ending)>; 3] {
        let sending = self.sending.map(|since| (since + self.write, Ending::SlowReader));
        let begun = self.begun.map(|since| (since + self.packet_time, Ending::SlowPacket));
        let silent = Some((self.heard + self.silence, Ending::Silent));
        if self.is_reading { [sending, begun, silent] } else { [sending, None, None] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    fn timing(keep_alive: u16) -> (Timing, Instant) {
        let now = Instant::now();
        let mut timing = Timing::new(&Limits::default(), keep_alive, now);
        timing.read(true, now);
        (timing, now)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_be_silent_for_one_and_a_half_times_its_keep_alive() {
        for (keep_alive, limit) in
            [(1, 1500), (60, 90_000), (800, 1_200_000), (801, 1_200_000), (0, 1_200_000)]
        {
            let (mut timing, start) = timing(keep_alive);
            let limit = start + Duration::from_millis(limit);
            assert_eq!(timing.next(), Some(limit));
            assert_eq!(timing.overdue(limit - Duration::from_millis(1)), None);
            assert_eq!(timing.overdue(limit), Some(Ending::Silent));
            timing.packet(2, limit);
            assert_eq!(timing.overdue(limit), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_packet_that_has_begun_has_to_end() {
        let (mut timing, start) = timing(60);
        timing.part(true, start);
        timing.part(true, at(start, 20));
        assert_eq!(timing.overdue(at(start, 29)), None);
        assert_eq!(timing.overdue(at(start, 30)), Some(Ending::SlowPacket));
        timing.packet(2, at(start, 29));
        timing.part(false, at(start, 29));
        assert_eq!(timing.overdue(at(start, 59)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_sent_has_to_be_taken() {
        let (mut timing, start) = timing(60);
        timing.send(true, start);
        timing.send(true, at(start, 20));
        assert_eq!(timing.overdue(at(start, 29)), None);
        assert_eq!(timing.overdue(at(start, 30)), Some(Ending::SlowReader));
        timing.send(false, at(start, 29));
        assert_eq!(timing.overdue(at(start, 30)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_not_read_is_not_late() {
        let (mut timing, start) = timing(1);
        timing.part(true, start);
        timing.read(false, start);
        assert_eq!((timing.next(), timing.overdue(at(start, 3600))), (None, None));
        timing.read(true, at(start, 3600));
        assert_eq!(timing.overdue(at(start, 3601)), None);
        assert_eq!(timing.overdue(at(start, 3602)), Some(Ending::Silent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_too_fast_waits() {
        let (mut timing, start) = timing(60);
        for _ in 0..500 {
            timing.packet(2, start);
            assert!(!timing.is_paused(start));
        }
        timing.packet(2, start);
        assert!(timing.is_paused(start));
        let resume = timing.next().unwrap();
        assert_eq!(resume - start, Duration::from_millis(10));
        assert!(!timing.is_paused(resume));
        assert_eq!(timing.next(), Some(at(start, 90)));
    }
}
