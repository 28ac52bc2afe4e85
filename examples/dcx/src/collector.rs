//! Publishes samples, and waits for those who have to confirm them.

use std::sync::Arc;
use std::time::Duration;

use kaa_ext::bus::{EventError, planted};
use kaa_ext::describe::Carries;
use kaa_ext::prelude::*;
use kaa_ext::protocol::avro::{Array, Binary};
use kaa_ext::protocol::dcp::{Limits, Samples};
use kaa_ext::protocol::dstp::DataSamplesEvent;
use kaa_ext::protocol::json::PayloadError;

use crate::settings::Settings;
use crate::verdict::{Refusal, judge};

/// Takes samples, under the settings of the service.
pub(crate) struct Collector {
    settings: Settings,
}

/// Whose samples they are, and what is left of the time for them: an argument.
pub(crate) struct Source {
    app_version: AppVersion,
    endpoint: EndpointId,
    deadline: Deadline,
    messaging: Messaging,
}

impl<S: Sync> FromRequest<S> for Source {
    type Rejection = Failure;

    async fn from_request(request: &Request, state: &S) -> Result<Self, Failure> {
        Ok(Self {
            app_version: AppVersion::from_request(request, state).await?,
            endpoint: EndpointId::from_request(request, state).await?,
            deadline: request.deadline(),
            messaging: Messaging::from_request(request, state).await?,
        })
    }
}

/// The samples of a payload, if they are not too many: an argument.
pub(crate) struct Batch(pub(crate) Samples);

impl<S: Sync> FromRequest<S> for Batch
where
    Arc<Collector>: FromRef<S>,
{
    type Rejection = PayloadError;

    async fn from_request(request: &Request, state: &S) -> Result<Self, PayloadError> {
        let samples = Arc::<Collector>::from_ref(state).settings.max_samples;
        Samples::split(&request.payload(), Limits { samples, ..Limits::default() }).map(Self)
    }
}

impl Carries for Batch {
    type Value = Samples;
    const MEDIA_TYPE: Option<&'static str> = Some("application/json");
}

impl Collector {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Publishes samples. Returns when all reliable receivers have confirmed them, and at once when there
    /// are none, or no samples: an empty batch is no event, and all of it has been stored.
    pub(crate) async fn collect(&self, source: Source, samples: Array<Binary>) -> Result<(), Refusal> {
        if samples.is_empty() {
            return Ok(());
        }
        let Source { app_version, endpoint, deadline, messaging } = source;
        let event = DataSamplesEvent {
            app_version_name: app_version.into(),
            endpoint_id: endpoint.into(),
            data_samples: samples,
            ..DataSamplesEvent::default()
        };
        let receivers = &*self.settings.receivers;
        if receivers.is_empty() || planted!("confirmed when published") {
            return Ok(messaging.publish_event(&event).await?);
        }
        let timeout = self.settings.timeout.min(worth_waiting(deadline));
        judge(messaging.publish_awaited(&event, receivers, timeout).await?)
    }
}

/// What is left, less a tenth for the way back: who is missing is to be told before the communication
/// service stops waiting.
fn worth_waiting(deadline: Deadline) -> Duration {
    deadline.remaining() / 10 * 9
}

impl From<EventError> for Refusal {
    fn from(error: EventError) -> Self {
        use kaa_ext::bus::PublishError::TooLarge;
        match error {
            EventError::Publish(TooLarge { size, limit, .. }) => Self::TooLarge { size, limit },
            error => Self::Unpublished(error),
        }
    }
}
