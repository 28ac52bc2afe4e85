//! Messages of other services: events and targeted requests.

use kaa_bus::Message;

use super::{Intake, Taken};
use crate::envelope::Envelope;
use crate::serve::entrance::Reception;

impl Intake {
    pub(super) fn message(&mut self, message: &Message, reception: &Reception) -> Taken {
        // What is decoded shares the buffer, and handlers may keep it: so it is decoded from the copy.
        let kept = self.copies.keep(&message.payload, &message.payload);
        let (opened, trailing) = match (reception.open)(&kept) {
            Ok(opened) => opened,
            Err(error) => return self.malformed(message, &error),
        };
        self.trailing(reception.name, trailing);
        if reception.ignores_own && opened.originator() == Some(self.outlet.replica().as_str()) {
            self.tally.silent();
            return Taken::Dropped;
        }
        let return_path = match (&message.reply_to, &reception.answers) {
            (Some(reply_to), Some(address)) => self.accepted(address.judge(&reply_to.clone().into_bytes())),
            _ => None,
        };
        let budget = self.budget(opened.expires_at());
        let correlation_id = opened.header().correlation_id.to_owned();
        let (function, outlet) = (reception.function, self.outlet.clone());
        self.admit(message, budget, &correlation_id, |texts, term| {
            Envelope::of_message(texts, &kept, opened, function, term, return_path, outlet)
        })
    }
}
