//! A call with one answer.

use bytes::Bytes;
use kaa_protocol::ism::Message;
use kaa_protocol::subject::Subject;
use tokio::sync::oneshot;

use super::take::{Take, Taken};
use crate::error::RequestError;

/// Decodes the first answer and hands it over.
pub(super) struct OneAnswer<M> {
    subject: Subject,
    asker: Option<oneshot::Sender<Result<M, RequestError>>>,
}

impl<M> OneAnswer<M> {
    /// For the answer to a request that goes to `subject`.
    pub(super) fn new(subject: Subject, asker: oneshot::Sender<Result<M, RequestError>>) -> Self {
        Self { subject, asker: Some(asker) }
    }

    fn tell(&mut self, outcome: Result<M, RequestError>) -> Taken {
        match self.asker.take().map(|asker| asker.send(outcome)) {
            Some(Ok(())) => Taken::Last,
            Some(Err(_)) | None => Taken::Unwanted,
        }
    }
}

impl<M: Message> Take for OneAnswer<M> {
    fn take(&mut self, datum: &Bytes) -> Taken {
        let decoded = M::decode(datum).map(|decoded| decoded.record);
        self.tell(decoded.map_err(|source| RequestError::Malformed { subject: self.subject.clone(), source }))
    }

    fn nobody_listens(mut self: Box<Self>) {
        let no_responders = RequestError::NoResponders { subject: self.subject.clone() };
        self.tell(Err(no_responders));
    }
}

#[cfg(test)]
mod tests {
    use kaa_protocol::cdtp::ConfigResponse;
    use kaa_protocol::ism::Message;

    use super::*;

    type Answer = oneshot::Receiver<Result<ConfigResponse, RequestError>>;

    fn call() -> (OneAnswer<ConfigResponse>, Answer) {
        let (sender, answer) = oneshot::channel();
        (OneAnswer::new("s".parse().unwrap(), sender), answer)
    }

    #[test]
    fn the_first_answer_is_taken_and_no_other() {
        let (mut call, mut answer) = call();
        let response = ConfigResponse { status_code: 200, ..ConfigResponse::default() };
        assert_eq!(call.take(&response.to_bytes()), Taken::Last);
        assert_eq!(call.take(&ConfigResponse::default().to_bytes()), Taken::Unwanted);
        assert_eq!(answer.try_recv().unwrap(), Ok(response));
    }

    #[test]
    fn an_answer_nobody_waits_for_any_more_is_not_wanted() {
        let (mut call, answer) = call();
        drop(answer);
        assert_eq!(call.take(&ConfigResponse::default().to_bytes()), Taken::Unwanted);
    }

    #[test]
    fn what_is_no_answer_ends_the_call_with_an_error_that_names_the_subject() {
        let (mut call, mut answer) = call();
        assert_eq!(call.take(&Bytes::from_static(b"\x02a")), Taken::Last);
        let error = answer.try_recv().unwrap().unwrap_err();
        assert!(error.to_string().starts_with("the answer from s is not a response"), "{error}");
    }
}
