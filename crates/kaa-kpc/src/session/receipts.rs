//! QoS 1 and 2 messages of the client, from their PUBLISH to their last acknowledgement.

use std::collections::VecDeque;

use bytestring::ByteString;

use super::ending::Ending;
use crate::mqtt::packet::{Acknowledgement, Delivery, PacketId, ProtocolVersion, ServerPacket};
use crate::mqtt::{Properties, Property, ReasonCode};

/// The most QoS 2 messages of an MQTT 3.1.1 client that wait for their PUBREL. It cannot be told the real
/// limit, and not reading on would keep out the very packets that make room.
const UNRELEASED: usize = 4096;

/// Room for so many is kept when the last one is out. Most clients wait for one before they send the next.
const FEW: usize = 4;

/// The acknowledgements that the client waits for, in the order in which its messages came
/// [MQTT-4.6.0-2, MQTT-4.6.0-3].
///
/// A message is acknowledged when the message bus has taken it, or when the client was told something
/// about it: an answer, or why it was not sent.
///
/// A packet identifier that is used again:
///
/// - QoS 1: the message is forwarded and acknowledged again. It may be another one, and twice is better
///   than never.
/// - QoS 2 before its PUBREL: the same message, whatever it says, so it is acknowledged and not forwarded
///   [MQTT-4.3.3-2].
#[derive(Debug)]
pub(super) struct Receipts {
    version: ProtocolVersion,
    /// What may be in flight: announced to MQTT 5; MQTT 3.1.1 is not read beyond it.
    limit: usize,
    queue: VecDeque<Receipt>,
    /// The mark of the first in the queue.
    first: u64,
    /// Those before this mark are covered by the confirmation that is under way.
    covered: u64,
    /// QoS 2 messages without their PUBREL, sorted.
    unreleased: Vec<PacketId>,
    /// How many in the queue are for a message that is not among them.
    others: usize,
}

#[derive(Debug)]
struct Receipt {
    packet_id: PacketId,
    kind: Kind,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// PUBACK.
    Ack,
    /// PUBREC.
    Received,
    /// PUBREC for a duplicate.
    ReceivedAgain,
    /// PUBCOMP.
    Complete,
}

#[derive(Debug)]
enum State {
    /// It has not gone out.
    Unsent,
    /// It has, or it stands for one that was before it.
    Waiting,
    /// Nobody knows whether the bus has taken it.
    Unconfirmed,
    Settled(Verdict),
}

/// What an acknowledgement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) reason: ReasonCode,
    /// For a person, of MQTT 5.
    pub(super) text: Option<ByteString>,
}

impl Verdict {
    pub(super) fn success() -> Self {
        Self { reason: ReasonCode::Success, text: None }
    }

    /// Until the answer says it better.
    pub(super) fn not_sent() -> Self {
        Self { reason: ReasonCode::ImplementationSpecificError, text: None }
    }

    fn unconfirmed() -> Self {
        let text = ByteString::from_static("the message may not have arrived; send it again");
        Self { reason: ReasonCode::UnspecifiedError, text: Some(text) }
    }
}

/// What a PUBLISH is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// A message to forward. The mark finds its receipt again; 0 when it gets none.
    Message { mark: u64 },
    /// One that was forwarded before.
    Duplicate,
}

impl Receipts {
    pub(super) fn new(version: ProtocolVersion, limit: usize) -> Self {
        let (queue, unreleased) = (VecDeque::new(), Vec::new());
        Self { version, limit, queue, first: 1, covered: 1, unreleased, others: 0 }
    }

    /// Whether nothing more is to be read before an acknowledgement is out. They come without the client
    /// doing anything.
    pub(super) fn is_full(&self) -> bool {
        let limit = match self.version {
            ProtocolVersion::V311 => self.limit,
            // A PUBLISH too many has to be seen to be refused. What else makes receipts is bounded, too.
            ProtocolVersion::V5 => self.limit.saturating_mul(2),
        };
        self.queue.len() >= limit
    }

    /// A PUBLISH came.
    pub(super) fn receive(&mut self, delivery: Delivery) -> Result<Received, Ending> {
        let Some(packet_id) = delivery.packet_id() else { return Ok(Received::Message { mark: 0 }) };
        let in_flight = self.others + self.unreleased.len();
        if self.version == ProtocolVersion::V5 && in_flight >= self.limit {
            return Err(Ending::ReceiveMaximumExceeded);
        }
        if !matches!(delivery, Delivery::ExactlyOnce { .. }) {
            return Ok(Received::Message { mark: self.push(packet_id, Kind::Ack) });
        }
        match self.unreleased.binary_search(&packet_id) {
            Ok(_) => {
                self.push(packet_id, Kind::ReceivedAgain);
                Ok(Received::Duplicate)
            }
            Err(_) if self.unreleased.len() >= UNRELEASED => Err(Ending::TooManyUnreleased),
            Err(index) => {
                self.unreleased.insert(index, packet_id);
                Ok(Received::Message { mark: self.push(packet_id, Kind::Received) })
            }
        }
    }

    /// A PUBREL came: its PUBCOMP, unless that has to wait for the PUBREC.
    pub(super) fn release(&mut self, packet_id: PacketId) -> Option<Acknowledgement> {
        // A client that does not wait for PUBREC must not be told earlier that all is well.
        if self.queue.iter().any(|receipt| receipt.packet_id == packet_id && receipt.kind != Kind::Ack) {
            self.push(packet_id, Kind::Complete);
            return None;
        }
        Some(Acknowledgement::with_reason(packet_id, self.complete(packet_id)))
    }

    /// A message has gone out.
    pub(super) fn sent(&mut self, mark: u64) {
        if let Some(receipt) = self.get_mut(mark) {
            receipt.state = State::Waiting;
        }
    }

    /// What is known of a message by now. Nothing happens when its receipt is out.
    pub(super) fn settle(&mut self, mark: u64, verdict: Verdict) {
        if let Some(receipt) = self.get_mut(mark) {
            receipt.state = State::Settled(verdict);
        }
    }

    /// An answer came. What has gone out has arrived, whatever the answer says: also where nobody serves its
    /// extension. For anything else the answer is the reason.
    pub(super) fn answered(&mut self, mark: u64, reason: Verdict) {
        if let Some(receipt) = self.get_mut(mark) {
            let has_arrived = matches!(receipt.state, State::Waiting);
            receipt.state = State::Settled(if has_arrived { Verdict::success() } else { reason });
        }
    }

    /// Whether messages wait for a confirmation that is not under way. It is now.
    pub(super) fn cover(&mut self) -> bool {
        // What has not gone out needs a later one, and so does all behind it.
        let unsent = self.queue.iter().position(|receipt| matches!(receipt.state, State::Unsent));
        let sent = self.queue.iter().take(unsent.unwrap_or(self.queue.len()));
        let len = sent.len();
        let is_wanted = sent.skip(self.covered()).any(|receipt| matches!(receipt.state, State::Waiting));
        if is_wanted {
            self.covered = self.first.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        }
        is_wanted
    }

    /// The confirmation came, or it did not.
    pub(super) fn confirm(&mut self, is_taken: bool) {
        let covered = self.covered();
        for receipt in self.queue.iter_mut().take(covered) {
            if matches!(receipt.state, State::Waiting) {
                receipt.state =
                    if is_taken { State::Settled(Verdict::success()) } else { State::Unconfirmed };
            }
        }
    }

    /// The next acknowledgement that can be sent.
    pub(super) fn next(&mut self) -> Result<Option<ServerPacket>, Ending> {
        if self.queue.is_empty() {
            self.queue.shrink_to(FEW);
            return Ok(None);
        }
        let verdict = match self.queue.front().map(|receipt| &receipt.state) {
            None | Some(State::Unsent | State::Waiting) => return Ok(None),
            Some(State::Settled(verdict)) => verdict.clone(),
            // There is no way to say so: without an acknowledgement, it is sent again.
            Some(State::Unconfirmed) if self.version == ProtocolVersion::V311 => {
                return Err(Ending::Unconfirmed);
            }
            Some(State::Unconfirmed) => Verdict::unconfirmed(),
        };
        let Some(Receipt { packet_id, kind, .. }) = self.queue.pop_front() else { return Ok(None) };
        self.first += 1;
        self.others -= usize::from(kind != Kind::Received);
        // A refusal ends the exchange, for the duplicates, too. MQTT 3.1.1 has none.
        let was_refused = kind == Kind::ReceivedAgain && self.unreleased.binary_search(&packet_id).is_err();
        let verdict = if was_refused { Verdict::unconfirmed() } else { verdict };
        if self.version == ProtocolVersion::V5 && verdict.reason.is_failure() && kind == Kind::Received {
            self.forget(packet_id);
        }
        let acknowledgement = self.acknowledgement(packet_id, &verdict);
        Ok(Some(match kind {
            Kind::Ack => ServerPacket::PubAck(acknowledgement),
            Kind::Received | Kind::ReceivedAgain => ServerPacket::PubRec(acknowledgement),
            Kind::Complete => {
                let reason = self.complete(packet_id);
                ServerPacket::PubComp(Acknowledgement::with_reason(packet_id, reason))
            }
        }))
    }

    fn acknowledgement(&self, packet_id: PacketId, verdict: &Verdict) -> Acknowledgement {
        if self.version == ProtocolVersion::V311 {
            return Acknowledgement::new(packet_id);
        }
        let text = verdict.text.as_deref().map(Property::ReasonString);
        // A text that cannot be written is left out.
        let properties = Properties::new(text).unwrap_or_default();
        Acknowledgement { packet_id, reason: verdict.reason, properties }
    }

    fn get_mut(&mut self, mark: u64) -> Option<&mut Receipt> {
        let index = usize::try_from(mark.checked_sub(self.first)?).ok()?;
        self.queue.get_mut(index)
    }

    fn push(&mut self, packet_id: PacketId, kind: Kind) -> u64 {
        let mark = self.end();
        let state = match kind {
            Kind::Ack | Kind::Received => State::Unsent,
            Kind::ReceivedAgain | Kind::Complete => State::Waiting,
        };
        self.queue.push_back(Receipt { packet_id, kind, state });
        self.others += usize::from(kind != Kind::Received);
        mark
    }

    /// How many of the queue are covered.
    fn covered(&self) -> usize {
        usize::try_from(self.covered.saturating_sub(self.first)).unwrap_or(usize::MAX)
    }

    /// The mark of the next receipt.
    fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.queue.len()).unwrap_or(u64::MAX))
    }

    /// The reason code of a PUBCOMP. MQTT 3.1.1 has none: it is told that it is complete, and forgets it.
    fn complete(&mut self, packet_id: PacketId) -> ReasonCode {
        let was_known = self.forget(packet_id);
        if was_known || self.version == ProtocolVersion::V311 {
            ReasonCode::Success
        } else {
            ReasonCode::PacketIdentifierNotFound
        }
    }

    fn forget(&mut self, packet_id: PacketId) -> bool {
        let place = self.unreleased.binary_search(&packet_id);
        let was_known = place.map(|index| self.unreleased.remove(index)).is_ok();
        if self.unreleased.is_empty() {
            self.unreleased.shrink_to(FEW);
        }
        was_known
    }
}

#[cfg(test)]
#[path = "tests/receipts.rs"]
mod tests;
