//! The way of an event: taken apart, stored, confirmed, announced.

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::dstp::DataSamplesEvent;

use crate::announce::Announcer;
use crate::batch::Batch;
use crate::store::{Inserted, Store};
use crate::tally::Tally;

/// What the listener works with.
#[derive(Clone, FromRef)]
pub(crate) struct App {
    pub(crate) receiver: Receiver,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) time_field: Option<Arc<str>>,
    pub(crate) announcer: Announcer,
    pub(crate) tally: Arc<Tally>,
}

/// Stores the samples of an endpoint. Its success is the confirmation, so everything before that is durable.
#[listener]
pub(crate) async fn samples(
    Event(event): Event<DataSamplesEvent>,
    endpoint: EndpointId,
    app_version: AppVersion,
    messaging: Messaging,
    State(receiver): State<Receiver>,
) -> Result<(), Failure> {
    let stored = receiver.store(&event, endpoint, app_version).await;
    let tally = &receiver.tally;
    match stored.inspect_err(|_| tally.refused.add(1))? {
        (Inserted::Known, _) => tally.known.add(1),
        (Inserted::New, batch) => {
            tally.stored.add(1);
            tally.left_out.add(batch.left_out);
            receiver.announcer.announce(messaging, &batch);
        }
    }
    Ok(())
}

impl Receiver {
    async fn store(
        &self,
        event: &DataSamplesEvent,
        endpoint: EndpointId,
        app_version: AppVersion,
    ) -> Result<(Inserted, Arc<Batch>), Failure> {
        let batch = Arc::new(Batch::of(event, endpoint, app_version, self.time_field.as_deref())?);
        Ok((self.store.insert(batch.clone()).await?, batch))
    }
}
