//! Answers and pushes, on their way to the client.

use bytes::Bytes;
use bytestring::ByteString;

use crate::front::Tally;
use crate::mqtt::packet::{Delivery as Qos, Publish, ServerPacket};
use crate::mqtt::{EncodeError, ReasonCode, TopicName};
use crate::relay::{Answer, Asked, Delivery};

use super::protocol::Protocol;
use super::receipts::Verdict;

/// What became of a PUBLISH to the client.
enum Written {
    Yes,
    /// The client does not take packets of that size, and is to be treated as if it had got it [MQTT-3.1.2-25].
    TooLarge,
    /// The topic is no topic name.
    Never,
}

impl Protocol {
    /// Writes a delivery. Answers have the QoS of their request; pushes have QoS 1 when the last message of
    /// the client was acknowledged, or when a subscription with QoS 1 means their topic. QoS 0 has to do
    /// when there is no room in the window.
    pub(super) fn deliver(&mut self, delivery: &Delivery, tally: &Tally) {
        let topic = delivery.topic();
        let (payload, is_acknowledged) = match delivery {
            Delivery::Answer { asked, answer } => {
                self.receipts.answered(asked.mark, Verdict::of_answer(answer));
                (payload_of(answer), asked.mark != 0)
            }
            Delivery::Push { payload, .. } => {
                let by_subscription = || self.subscriptions.ask_for_qos_1(&topic);
                (payload.clone(), self.wants_acknowledged || by_subscription())
            }
        };
        match (self.publish(topic, payload, is_acknowledged), delivery) {
            (Written::Yes, _) => tally.delivered(),
            (Written::TooLarge, Delivery::Answer { asked, answer }) => {
                tally.too_large();
                self.answer_is_too_large(asked, answer, is_acknowledged);
            }
            (Written::TooLarge, Delivery::Push { .. }) => tally.too_large(),
            (Written::Never, _) => tally.undeliverable(),
        }
    }

    /// Tells a client why its message is not sent. Once it is in the output, it is acknowledged.
    pub(super) fn refuse(&mut self, asked: Asked, answer: Answer, reason: ReasonCode, tally: &Tally) {
        let (mark, text) = (asked.mark, answer.reason_phrase.clone());
        tally.refused();
        self.deliver(&Delivery::Answer { asked, answer }, tally);
        self.receipts.settle(mark, Verdict { reason, text: Some(text) });
    }

    /// An error takes the place of an answer that is too large, if at least that fits.
    fn answer_is_too_large(&mut self, asked: &Asked, answer: &Answer, is_acknowledged: bool) {
        if !answer.is_success() {
            return;
        }
        let answer = Answer {
            status_code: 413,
            reason_phrase: ByteString::from_static("the answer exceeds your maximum packet size"),
            payload: Bytes::new(),
        };
        let payload = payload_of(&answer);
        let error = Delivery::Answer { asked: asked.clone(), answer };
        self.publish(error.topic(), payload, is_acknowledged);
    }

    fn publish(&mut self, topic: String, payload: Bytes, is_acknowledged: bool) -> Written {
        let Ok(topic) = TopicName::new(topic) else { return Written::Never };
        let packet_id = if is_acknowledged { self.window.take() } else { None };
        let delivery = match packet_id {
            Some(packet_id) => Qos::AtLeastOnce { packet_id, duplicate: false },
            None => Qos::AtMostOnce,
        };
        let written = self.output.write(&ServerPacket::Publish(Publish::new(topic, delivery, payload)));
        if written.is_err() && packet_id.is_some() {
            self.window.put_back();
        }
        match written {
            Ok(()) => Written::Yes,
            Err(EncodeError::TooLarge { .. }) => Written::TooLarge,
            Err(_) => Written::Never,
        }
    }
}

impl Verdict {
    /// What an acknowledgement says of a message that did not go out, or may not have arrived. Whatever an
    /// extension says, it got it; the codes that the relay has for itself are passed on.
    fn of_answer(answer: &Answer) -> Self {
        let reason = match answer.status_code {
            413 | 429 => ReasonCode::QuotaExceeded,
            503 => ReasonCode::ImplementationSpecificError,
            _ => return Self::success(),
        };
        Self { reason, text: Some(answer.reason_phrase.clone()) }
    }
}

/// What the client is told: the payload of a success, the error otherwise.
fn payload_of(answer: &Answer) -> Bytes {
    match answer.error_payload() {
        // A number and a text are always writable.
        Some(error) => serde_json::to_vec(&error).unwrap_or_default().into(),
        None => answer.payload.clone(),
    }
}

#[cfg(test)]
#[path = "tests/deliver.rs"]
mod tests;
