//! A call with one answer.

use bytes::Bytes;
use kaa_protocol::ism::Message;
use kaa_protocol::subject::Subject;
use tokio::sync::oneshot;

use super::replies::{Take, Taken};
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
            Some(Ok(())) => Taken::Wanted,
            Some(Err(_)) | None => Taken::Unwanted,
        }
    }
}

impl<M: Message> Take for OneAnswer<M> {
    fn take(&mut self, datum: &Bytes) -> Taken {
        let decoded = M::decode(datum).map(|decoded| decoded.record);
        self.tell(decoded.map_err(|source| RequestError::Malformed { subject: self.subject.clone(), source }))
    }

    fn nobody_listens(&mut self) {
        self.tell(Err(RequestError::NoResponders { subject: self.subject.clone() }));
    }
}
