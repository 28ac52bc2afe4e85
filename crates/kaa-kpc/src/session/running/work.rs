//! What a session does with what is there, without waiting.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::Session;
use crate::mqtt::packet::{ClientPacket, Publish};
use crate::session::ending::Ending;
use crate::session::protocol::Step;
use crate::session::receipts::Verdict;
use crate::session::requests::{NotSent, Outcome, Wanted};

impl<Io: AsyncRead + AsyncWrite + Unpin> Session<Io> {
    /// Whether packets of the client are taken now.
    pub(super) fn takes_packets(&mut self, now: Instant) -> bool {
        let is_paused = self.timing.is_paused(now);
        let is_held_up = self.held.is_some() || self.protocol.receipts.is_full();
        !(is_paused || is_held_up || self.is_over || self.is_draining)
    }

    /// Whether deliveries are taken, as far as the client's acknowledgements go. When those are not read any
    /// more, QoS 0 has to do.
    pub(super) fn takes_deliveries(&self) -> bool {
        self.is_draining || self.protocol.window.has_room()
    }

    /// Takes packets and deliveries, and acknowledges, until there is nothing left or no room in the output.
    /// Whether it has to be called again when the output is out.
    ///
    /// Nothing is added to what the network has begun to take: then for a client that takes nothing,
    /// nothing is kept.
    pub(super) fn work(&mut self, now: Instant) -> Result<bool, Ending> {
        if self.timing.is_sending() && !self.protocol.output.is_empty() {
            return Ok(true);
        }
        let mut is_busy = true;
        while is_busy && self.protocol.output.has_room() {
            let took = self.take_packets(now)?;
            let delivered = self.take_deliveries();
            is_busy = self.protocol.acknowledge()? || took || delivered;
        }
        if !self.takes_deliveries() && self.deliveries.has_lagged() {
            return Err(Ending::Lagged);
        }
        if self.confirming.is_none() && self.protocol.receipts.cover() {
            self.confirming = Some(Box::pin(self.connection.taken()));
        }
        Ok(is_busy)
    }

    /// Whether there was one.
    pub(super) fn take_deliveries(&mut self) -> bool {
        let mut did = false;
        while self.protocol.output.has_room()
            && self.takes_deliveries()
            && let Some(delivery) = self.deliveries.try_next()
        {
            self.protocol.deliver(&delivery, &self.front.tally);
            did = true;
        }
        did
    }

    /// Whether there was one.
    fn take_packets(&mut self, now: Instant) -> Result<bool, Ending> {
        let mut did = false;
        if self.asking.is_none()
            && let Some(packet) = self.held.take()
        {
            self.take(*packet)?;
            did = true;
        }
        while self.protocol.output.has_room() && self.takes_packets(now) {
            let Some((packet, size)) = self.link.next_packet()? else {
                self.timing.part(self.link.has_part(), now);
                break;
            };
            self.timing.packet(size, now);
            if self.asking.is_some() && !may_overtake(&packet) {
                self.held = Some(Box::new(packet));
            } else {
                self.take(packet)?;
            }
            did = true;
        }
        Ok(did)
    }

    fn take(&mut self, packet: ClientPacket) -> Result<(), Ending> {
        match self.protocol.take(packet, &self.front.limits)? {
            Step::Done => {}
            Step::Forward(publish, mark) => self.forward(publish, mark),
        }
        Ok(())
    }

    fn forward(&mut self, publish: Publish, mark: u64) {
        self.front.tally.messages();
        let outcome = match Wanted::read(publish, mark, &self.front) {
            Ok(wanted) => wanted.try_send(&self.front, self.place.handle()),
            Err(not_sent) => Outcome::Refuse(*not_sent),
        };
        self.settle(outcome);
    }

    pub(super) fn settle(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Send(request, asked) => {
                let mark = asked.mark;
                self.front.tally.sent();
                if self.connection.request(&request, asked) {
                    self.protocol.receipts.sent(mark);
                } else {
                    self.protocol.receipts.settle(mark, Verdict::not_sent());
                }
            }
            Outcome::Refuse(NotSent { asked, answer, reason }) => {
                self.protocol.refuse(asked, answer, reason, &self.front.tally);
            }
            Outcome::Ask(wanted) => {
                let client = self.place.handle().client().clone();
                self.asking = Some(Box::pin(wanted.ask(Arc::clone(&self.front), client)));
            }
        }
    }
}

/// Whether a packet may be taken before a message that came earlier goes out. Requests, and what a client
/// does because of them, stay in order; what it acknowledges and that it lives does not wait for them.
fn may_overtake(packet: &ClientPacket) -> bool {
    matches!(
        packet,
        ClientPacket::PingReq
            | ClientPacket::PubAck(_)
            | ClientPacket::PubRec(_)
            | ClientPacket::PubRel(_)
            | ClientPacket::PubComp(_)
    )
}

#[cfg(test)]
#[path = "../tests/running.rs"]
mod tests;
