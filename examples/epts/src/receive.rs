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
    let batch = Batch::of(&event, endpoint, app_version, receiver.time_field.as_deref());
    let batch = Arc::new(batch.inspect_err(|_| receiver.tally.refused.add(1))?);
    // Also when this handler runs out of time: what is stored then is counted and announced like everything else.
    tokio::spawn(receiver.store(batch, messaging)).await.map_err(Failure::internal)?
}

impl Receiver {
    async fn store(self, batch: Arc<Batch>, messaging: Messaging) -> Result<(), Failure> {
        let inserted = self.store.insert(batch.clone()).await;
        match inserted.inspect_err(|_| self.tally.refused.add(1))? {
            Inserted::Known => self.tally.known.add(1),
            Inserted::New => {
                self.tally.stored.add(1);
                self.tally.left_out.add(batch.left_out);
                self.announcer.announce(messaging, &batch);
            }
        }
        Ok(())
    }
}
