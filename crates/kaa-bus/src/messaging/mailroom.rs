//! Where replies come in.

use std::sync::Arc;

use kaa_protocol::subject::{Subject, SubjectFilter};
use tokio::sync::OnceCell;

use super::replies::Replies;
use crate::backend::{Sink, Source};
use crate::bus::Bus;
use crate::error::SubscribeError;

/// A subject that replies come to, subscribed when it is needed first.
#[derive(Debug)]
pub(super) struct Mailroom {
    subject: Subject,
    open: OnceCell<Open>,
}

/// What an attempt to subscribe makes: one that fails ends its own replies and no others.
#[derive(Debug)]
struct Open {
    replies: Arc<Replies>,
    _source: Source,
}

impl Mailroom {
    pub(super) fn new(subject: Subject) -> Self {
        Self { subject, open: OnceCell::new() }
    }

    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.open.get().map_or(0, |open| open.replies.waiting())
    }

    /// Subscribes, once.
    pub(super) async fn open(&self, bus: &Bus) -> Result<&Replies, SubscribeError> {
        let subscribe = || async {
            let replies = Arc::new(Replies::new(bus.link()));
            let sink = Sink::Replies(Arc::clone(&replies));
            let source = bus.attach(SubjectFilter::from(&self.subject), None, sink).await?;
            Ok(Open { replies, _source: source })
        };
        Ok(&self.open.get_or_try_init(subscribe).await?.replies)
    }
}
