//! Reading along: everything extensions send to communication services.

use std::sync::Arc;

use kaa_ext::StartError;
use kaa_ext::bus::{Message, SubjectFilter, Subscription};
use kaa_ext::prelude::{Bus, EndpointId, RequestId, ServiceInstance};
use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::esp::ExtensionData;

use crate::outcomes::{Outcome, Outcomes};

/// What goes to a communication service as a whole, and to one replica of it.
const SERVICES: &str = "kaa.v1.service.*.esp.ExtensionData";
const REPLICAS: &str = "kaa.v1.replica.*.esp.ExtensionData";

pub(crate) fn filters() -> Result<[SubjectFilter; 2], StartError> {
    Ok([SERVICES.parse()?, REPLICAS.parse()?])
}

/// The longest reason that is remembered, in bytes.
const REASON: usize = 256;

/// The subscriptions to all ExtensionData. Without a queue group: every replica has to know everything.
///
/// What comes faster than it is read is dropped by the bus, which counts it ([`Subscription::lost`]).
pub(crate) struct Watch {
    services: Subscription,
    replicas: Subscription,
    /// The service itself, whose own answers are nobody's concern.
    own: ServiceInstance,
}

impl Watch {
    /// Subscribes: what is sent from now on is seen. Logs what that costs the others.
    pub(crate) async fn open(bus: &Bus, own: ServiceInstance) -> Result<Self, StartError> {
        let [services, replicas] = filters()?;
        let (services, replicas) =
            (bus.subscribe(services, None).await?, bus.subscribe(replicas, None).await?);
        tracing::warn!(
            "while this reads along on {REPLICAS}, no extension learns that a replica of the communication service \
             is gone: pushes to it are lost until the device asks again; where that matters, do without {own}"
        );
        Ok(Self { services, replicas, own })
    }

    /// Notes outcomes until the bus is closed.
    pub(crate) async fn run(mut self, outcomes: Arc<Outcomes>) {
        loop {
            let message = tokio::select! { message = self.services.next() => message, message = self.replicas.next() => message };
            let Some(message) = message else { break };
            if let Some((endpoint, extension, request, outcome)) = outcome(&message)
                && extension != self.own
            {
                outcomes.note(endpoint, extension, request, outcome);
            }
        }
    }
}

/// The outcome a message tells of. Pushes tell of none, nor do answers without an extension or an endpoint,
/// and what is no ExtensionData is for its receiver to complain about.
fn outcome(message: &Message) -> Option<(EndpointId, ServiceInstance, RequestId, Outcome)> {
    let data = ExtensionData::decode(&message.payload).ok()?.record;
    let request = data.checked_request_id().ok()??;
    let endpoint = data.endpoint_id?.parse().ok()?;
    let extension = data.extension_instance_name?.parse().ok()?;
    let reason_phrase =
        data.reason_phrase.and_then(|reason| reason.get(..reason.floor_char_boundary(REASON)));
    let outcome = Outcome {
        status_code: data.status_code,
        reason_phrase: reason_phrase.map(str::to_owned),
        timestamp: data.timestamp,
    };
    Some((endpoint, extension, request, outcome))
}
