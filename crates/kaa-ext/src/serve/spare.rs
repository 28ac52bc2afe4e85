//! The memory of a message that is done, for the next one.

use std::sync::Arc;

use crate::envelope::Envelope;
use crate::texts::Texts;

/// Mostly a message is done before the next one comes, so one envelope is enough for all of them.
#[derive(Default)]
pub(super) struct Spare(Option<Arc<Envelope>>);

impl Spare {
    /// Room for the texts of the next message.
    pub(super) fn texts(&mut self) -> Texts {
        self.0.as_mut().and_then(Arc::get_mut).map(Envelope::take_texts).unwrap_or_default()
    }

    /// An envelope that is shared.
    pub(super) fn share(&mut self, envelope: Envelope) -> Arc<Envelope> {
        let Some(mut spare) = self.0.take() else { return Arc::new(envelope) };
        match Arc::get_mut(&mut spare) {
            Some(place) => *place = envelope,
            None => return Arc::new(envelope),
        }
        spare
    }

    /// Takes the envelope of a message that is done, unless somebody still has it.
    pub(super) fn keep(&mut self, mut envelope: Arc<Envelope>) {
        if let Some(done) = Arc::get_mut(&mut envelope) {
            done.let_go();
            self.0 = Some(envelope);
        }
    }
}
