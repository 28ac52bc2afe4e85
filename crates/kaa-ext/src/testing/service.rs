//! Another service of a test: it announces, asks, answers and listens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaa_bus::{Gathered, Messaging, RequestError};
use kaa_protocol::ism::{Awaited, Event, Request};
use kaa_protocol::name::{ReplicaId, ServiceInstance};

use super::switchboard::{PATIENCE, Switchboard};

/// A service beside the extension under test.
///
/// ```
/// use kaa_ext::prelude::*;
/// use kaa_ext::protocol::cdtp::ConfigUpdated;
/// use kaa_ext::testing::TestKaa;
///
/// /// Repeats what it hears.
/// #[listener]
/// async fn updated(Event(event): Event<ConfigUpdated>, messaging: Messaging) -> Result<(), Failure> {
///     let applied = kaa_ext::protocol::cdtp::ConfigApplied {
///         endpoint_id: event.endpoint_id,
///         ..Default::default()
///     };
///     messaging.publish_event(&applied).await.map_err(Failure::internal)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kaa_ext::BuildError> {
/// let kaa = TestKaa::start(Extension::new("cmx").listeners(listeners![updated]).build()?).await;
/// let provider = kaa.service("cdp");
/// let mut applied = provider.listen().await;
///
/// provider.publish(&ConfigUpdated { endpoint_id: "ep-1".into(), ..ConfigUpdated::default() }).await;
///
/// let event: kaa_ext::protocol::cdtp::ConfigApplied = applied.next().await;
/// assert_eq!(event.endpoint_id, "ep-1");
/// # Ok(())
/// # }
/// ```
///
/// A clone is the same service.
#[derive(Debug, Clone)]
pub struct TestService {
    messaging: Messaging,
    pub(super) switchboard: Arc<Switchboard>,
}

impl TestService {
    pub(super) fn new(switchboard: Arc<Switchboard>, name: &str) -> Self {
        let instance: ServiceInstance = name.parse().expect("the name of a service");
        let replica: ReplicaId = format!("{name}-test").parse().expect("the name of a replica");
        let (bus, clock) = (switchboard.bus.clone(), switchboard.clock);
        Self { messaging: Messaging::with_clock(bus, instance, replica, clock), switchboard }
    }

    /// What the service sends and receives with, for everything that is not at hand here.
    pub fn messaging(&self) -> &Messaging {
        &self.messaging
    }

    /// Tells everybody who listens.
    pub async fn publish<E: Event>(&self, event: &E) {
        self.messaging.publish_event(event).await.expect("the bus takes the event");
    }

    /// Tells everybody who listens, and waits until the extension under test has confirmed it or the
    /// deadline passed.
    pub async fn publish_awaited<E: Awaited>(&self, event: &E, deadline: Duration) -> Gathered<E::Receipt> {
        let receivers = [self.switchboard.extension.clone()];
        let gathered = self.messaging.publish_awaited(event, &receivers, deadline).await;
        gathered.expect("the bus takes the event")
    }

    /// Asks the extension under test.
    pub async fn request<R: Request>(&self, request: &R) -> Result<R::Response, RequestError> {
        self.messaging.request(self.switchboard.extension.clone(), request, PATIENCE).await
    }
}

impl fmt::Display for TestService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service {}", self.messaging.instance())
    }
}
