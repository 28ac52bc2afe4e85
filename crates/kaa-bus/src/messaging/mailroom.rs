//! Where replies come in.

use std::sync::Arc;

use kaa_protocol::subject::{Subject, SubjectFilter};
use tokio::sync::OnceCell;

use super::replies::Replies;
use crate::backend::{Sink, Source};
use crate::bus::Bus;
use crate::error::SubscribeError;

/// A subject that replies come to. It is subscribed to when it is needed first, unless somebody else has
/// done that and passes on what is for a call.
#[derive(Debug)]
pub(super) struct Mailroom {
    subject: Subject,
    open: OnceCell<Open>,
}

/// What an attempt to subscribe makes: one that fails ends its own replies and no others.
#[derive(Debug)]
struct Open {
    replies: Arc<Replies>,
    /// `None` when somebody else has it.
    _source: Option<Source>,
}

impl Mailroom {
    pub(super) fn new(subject: Subject) -> Self {
        Self { subject, open: OnceCell::new() }
    }

    /// For somebody else's subscription; and where that one passes replies on to.
    pub(super) fn adopted(subject: Subject, bus: &Bus) -> (Self, Arc<Replies>) {
        let replies = Arc::new(Replies::on_shared_subject(bus.link()));
        let open = Open { replies: Arc::clone(&replies), _source: None };
        (Self { subject, open: OnceCell::new_with(Some(open)) }, replies)
    }

    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.open.get().map_or(0, |open| open.replies.waiting())
    }

    /// Subscribes, once, if nobody else has.
    pub(super) async fn open(&self, bus: &Bus) -> Result<&Replies, SubscribeError> {
        let subscribe = || async {
            let replies = Arc::new(Replies::new(bus.link()));
            let sink = Sink::Upstairs(Arc::clone(&replies) as _);
            let source = bus.attach(SubjectFilter::from(&self.subject), None, sink).await?;
            Ok(Open { replies, _source: Some(source) })
        };
        Ok(&self.open.get_or_try_init(subscribe).await?.replies)
    }
}
