//! Another service of a test: it announces, asks, answers and listens.

use std::marker::PhantomData;
use std::time::Duration;

use kaa_bus::{Bus, Clock, Delivery, Events, Gathered, Messaging, RequestError};
use kaa_protocol::ism::{Awaited, Event, Message, Request};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{SubjectFilter, Target};
use tokio::task::AbortHandle;

use super::switchboard::PATIENCE;

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
#[derive(Debug)]
pub struct TestService {
    messaging: Messaging,
    /// The extension under test.
    extension: ServiceInstance,
}

impl TestService {
    pub(super) fn new(bus: Bus, clock: Clock, name: &str, extension: ServiceInstance) -> Self {
        let instance: ServiceInstance = name.parse().expect("the name of a service");
        let replica: ReplicaId = format!("{name}-test").parse().expect("the name of a replica");
        Self { messaging: Messaging::with_clock(bus, instance, replica, clock), extension }
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
        let receivers = [self.extension.clone()];
        let gathered = self.messaging.publish_awaited(event, &receivers, deadline).await;
        gathered.expect("the bus takes the event")
    }

    /// Asks the extension under test.
    pub async fn request<R: Request>(&self, request: &R) -> Result<R::Response, RequestError> {
        self.messaging.request(self.extension.clone(), request, PATIENCE).await
    }

    /// Events of one type, whoever sends them.
    pub async fn listen<E: Event>(&self) -> TestEvents<E> {
        let events = self.messaging.listen(None, Delivery::EveryReplica).await;
        TestEvents(events.expect("the bus takes a subscription"))
    }

    /// Answers requests of one type, as long as what is returned lives.
    ///
    /// The correlation ID of a response need not be set.
    pub async fn answer<R: Request>(
        &self,
        mut respond: impl FnMut(R) -> R::Response + Send + 'static,
    ) -> Answering<R> {
        let target = Target::Service(self.messaging.instance().clone());
        let subject = R::ADDRESS.subject(&target).expect("every protocol has a subject for a service");
        let bus = self.messaging.bus().clone();
        let requests = bus.subscribe(SubjectFilter::from(subject), Some(self.messaging.instance())).await;
        let mut requests = requests.expect("the bus takes a subscription");
        let task = tokio::spawn(async move {
            while let Some(message) = requests.next().await {
                let decoded = R::decode(&message.payload).expect("extensions send valid requests").record;
                let reply_to = message.reply_to.expect("a request says where its response goes");
                let reply_to =
                    R::ADDRESS.judge(&reply_to.into_bytes()).expect("a return address of the protocol");
                let correlation_id = decoded.header().correlation_id.into();
                let mut response = respond(decoded);
                response.set_correlation_id(correlation_id);
                // The bus of a test that is over is closed.
                let _ = bus.publish(reply_to.into_subject(), None, response.to_bytes()).await;
            }
        });
        Answering { task: task.abort_handle(), requests: PhantomData }
    }
}

/// Events on their way to a test.
#[derive(Debug)]
pub struct TestEvents<E>(Events<E>);

impl<E: Event> TestEvents<E> {
    /// The next event.
    pub async fn next(&mut self) -> E {
        let name = std::any::type_name::<E>();
        let event = tokio::time::timeout(PATIENCE, self.0.next()).await;
        let event = event.ok().flatten().unwrap_or_else(|| panic!("no {name} came"));
        event.unwrap_or_else(|error| panic!("what came is no {name}: {error}"))
    }
}

/// A service that answers requests of type `R`. Dropping it ends that.
#[derive(Debug)]
#[must_use = "the service answers as long as this lives"]
pub struct Answering<R> {
    task: AbortHandle,
    requests: PhantomData<fn() -> R>,
}

impl<R> Drop for Answering<R> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
