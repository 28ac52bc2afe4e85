//! The rules of an open session: what a packet of the client is answered with. No I/O, no time.

use crate::limits::Limits;
use crate::mqtt::packet::{Acknowledgement, ClientPacket, ProtocolVersion, Publish, ServerPacket};
use crate::mqtt::{Encoder, ReasonCode};

use super::ending::Ending;
use super::output::Output;
use super::receipts::{Receipts, Received};
use super::subscriptions::Subscriptions;
use super::window::Window;

/// The state of a session after its CONNACK.
#[derive(Debug)]
pub(super) struct Protocol {
    pub(super) version: ProtocolVersion,
    pub(super) receipts: Receipts,
    pub(super) window: Window,
    pub(super) subscriptions: Subscriptions,
    pub(super) output: Output,
    /// The last message of the client was not QoS 0.
    pub(super) wants_acknowledged: bool,
}

/// What is left to do after a packet.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Nothing.
    Done,
    /// A message goes out. Its receipt has this mark; 0 when it gets none.
    Forward(Publish, u64),
}

impl Protocol {
    pub(super) fn new(version: ProtocolVersion, encoder: Encoder, window: u16, limits: &Limits) -> Self {
        Self {
            version,
            receipts: Receipts::new(version, usize::from(limits.in_flight.get())),
            window: Window::new(usize::from(window)),
            subscriptions: Subscriptions::default(),
            output: Output::new(encoder),
            wants_acknowledged: false,
        }
    }

    /// Takes a packet of the client.
    ///
    /// # Errors
    ///
    /// The session ends.
    pub(super) fn take(&mut self, packet: ClientPacket, limits: &Limits) -> Result<Step, Ending> {
        let answer = match packet {
            ClientPacket::Publish(publish) => return self.receive(publish),
            ClientPacket::PubRel(release) => {
                self.receipts.release(release.packet_id).map(ServerPacket::PubComp)
            }
            ClientPacket::PubAck(acknowledgement) => {
                self.window.acknowledge(acknowledgement.packet_id);
                None
            }
            ClientPacket::PubRec(acknowledgement) => self.never_sent(&acknowledgement)?,
            // The end of what `never_sent` has answered.
            ClientPacket::PubComp(_) => None,
            ClientPacket::Subscribe(subscribe) => {
                Some(ServerPacket::SubAck(self.subscriptions.subscribe(&subscribe, limits)))
            }
            ClientPacket::Unsubscribe(unsubscribe) => {
                Some(ServerPacket::UnsubAck(self.subscriptions.unsubscribe(&unsubscribe)))
            }
            ClientPacket::PingReq => Some(ServerPacket::PingResp),
            ClientPacket::Disconnect(_) => return Err(Ending::Left),
            // Enhanced authentication was refused, so the codec lets neither of them through.
            ClientPacket::Auth(_) => return Err(Ending::Violation("AUTH without an authentication method")),
            ClientPacket::Connect(_) => return Err(Ending::Violation("a second CONNECT")),
        };
        if let Some(answer) = answer {
            self.output.write(&answer)?;
        }
        Ok(Step::Done)
    }

    /// Writes the acknowledgements that can be sent. Whether there was one.
    pub(super) fn acknowledge(&mut self) -> Result<bool, Ending> {
        let mut did = false;
        while self.output.has_room()
            && let Some(acknowledgement) = self.receipts.next()?
        {
            self.output.write(&acknowledgement)?;
            did = true;
        }
        Ok(did)
    }

    fn receive(&mut self, publish: Publish) -> Result<Step, Ending> {
        self.wants_acknowledged = publish.delivery.packet_id().is_some();
        Ok(match self.receipts.receive(publish.delivery)? {
            Received::Message { mark } => Step::Forward(publish, mark),
            Received::Duplicate => Step::Done,
        })
    }

    /// The answer to a PUBREC. Nothing is sent with QoS 2, so it is about nothing, or about a QoS 1
    /// message, which it does not fit.
    fn never_sent(&self, acknowledgement: &Acknowledgement) -> Result<Option<ServerPacket>, Ending> {
        let packet_id = acknowledgement.packet_id;
        if self.window.contains(packet_id) {
            return Err(Ending::Violation("PUBREC for a QoS 1 message; expected PUBACK"));
        }
        // The client has given the message up itself.
        if acknowledgement.reason.is_failure() {
            return Ok(None);
        }
        let reason = match self.version {
            ProtocolVersion::V311 => ReasonCode::Success,
            ProtocolVersion::V5 => ReasonCode::PacketIdentifierNotFound,
        };
        Ok(Some(ServerPacket::PubRel(Acknowledgement::with_reason(packet_id, reason))))
    }
}

#[cfg(test)]
#[path = "tests/protocol.rs"]
mod tests;
