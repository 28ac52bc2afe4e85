//! The request that was answered last, to ask later what became of it.
//!
//! In the field a device asks that when an answer was lost with its connection. Here nothing is lost, so it asks
//! now and then, and knows what it has to hear.

use std::time::Duration;

use tokio::time::Instant;

use super::outstanding::{Asked, Earlier, Question};

/// How many batches are sent from one question to the next.
const EVERY: u32 = 3;
/// How old an answer is before it is asked about: who remembers it reads along, and may be a little behind.
const SETTLED: Duration = Duration::from_millis(200);

/// The request that was answered last, and how many batches were sent since the last question.
#[derive(Debug, Default)]
pub(super) struct Recent {
    answered: Option<(Earlier, Instant)>,
    batches: u32,
}

impl Recent {
    /// Notes a request that got its answer. What is asked without an endpoint is not remembered by anybody, and
    /// questions like these are not about each other.
    pub(super) fn note(&mut self, asked: &Asked) {
        if !matches!(asked.question, Question::Time | Question::Outcome(_)) {
            let (extension, _) = asked.question.path();
            self.answered = Some((Earlier { extension, id: asked.id }, Instant::now()));
        }
    }

    /// Counts a batch. What to ask about, if it is time for that.
    pub(super) fn worth_asking(&mut self) -> Option<Earlier> {
        self.batches += 1;
        let (earlier, at) = self.answered.filter(|_| self.batches >= EVERY)?;
        (at.elapsed() >= SETTLED).then(|| {
            self.batches = 0;
            earlier
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: Question, id: u32) -> Asked {
        Asked { question, id, what: String::new(), since: Instant::now() }
    }

    #[tokio::test(start_paused = true)]
    async fn every_third_batch_the_last_answer_is_asked_about() {
        let mut recent = Recent::default();
        recent.note(&asked(Question::Samples(3), 7));
        recent.note(&asked(Question::Time, 8));
        recent.note(&asked(Question::Outcome(Earlier { extension: "dcx", id: 7 }), 7));
        tokio::time::advance(SETTLED).await;
        let due: Vec<_> = (0..6).map(|_| recent.worth_asking().map(|earlier| earlier.id)).collect();
        assert_eq!(due, [None, None, Some(7), None, None, Some(7)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_answered_just_now_is_asked_about_later() {
        let mut recent = Recent { answered: None, batches: EVERY };
        assert_eq!(recent.worth_asking(), None, "nothing was answered");
        recent.note(&asked(Question::Config, 1));
        tokio::time::advance(SETTLED - Duration::from_millis(1)).await;
        assert_eq!(recent.worth_asking(), None);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(recent.worth_asking(), Some(Earlier { extension: "cmx", id: 1 }));
    }
}
