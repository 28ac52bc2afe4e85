//! One contract for typed messaging, in the process and on a real nats-server: every scenario is
//! written once and runs on both. The peers speak with apache-avro, never with our own codec.
//!
//! | file | what is promised |
//! |---|---|
//! | `events` | where events go, who gets them, whose they are |
//! | `requests` | which answer belongs to which request, and what goes over the wire |
//! | `faults` | nobody there, a close, a killed server, a request that is dropped |
//! | `receipts` | who has confirmed an event, and who has not |
//! | `bare` | the protocol that came before the present subjects |
//! | `peer` | the other side |
//! | `cancel` | futures that are dropped half-way |

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario that fails has to fail its test"
)]

mod bare;
mod cancel;
mod events;
mod faults;
mod peer;
mod receipts;
mod requests;

use std::time::Duration;

use kaa_bus::{
    Bus, EventError, Gathered, Messaging, RequestError, ServiceInstance, SubjectFilter, Subscription,
};
use kaa_protocol::Bytes;
use kaa_protocol::cdtp::{ConfigRequest, ConfigResponse};
use kaa_protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
use kaa_protocol::name::ReplicaId;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::until;
use tokio::task::JoinHandle;

const CDP: ServiceInstance = ServiceInstance::from_static("cdp");
const CMX: ServiceInstance = ServiceInstance::from_static("cmx");
const EPTS: ServiceInstance = ServiceInstance::from_static("epts");
const RCI: ServiceInstance = ServiceInstance::from_static("rci");
const NOBODY: ServiceInstance = ServiceInstance::from_static("nobody");

const HOUR: Duration = Duration::from_secs(3600);

/// Long enough for a request to arrive, short enough to be waited for.
const SHORT: Duration = Duration::from_millis(50);

fn replica(bus: &Bus, instance: ServiceInstance, id: &'static str) -> Messaging {
    Messaging::new(bus.clone(), instance, ReplicaId::from_static(id))
}

fn request_for(endpoint_id: impl Into<String>) -> ConfigRequest {
    ConfigRequest {
        app_version_name: "v1".into(),
        endpoint_id: endpoint_id.into().into(),
        ..ConfigRequest::default()
    }
}

/// Asks in a task of its own.
fn ask(
    asker: &Messaging,
    provider: ServiceInstance,
    request: ConfigRequest,
    deadline: Duration,
) -> JoinHandle<Result<ConfigResponse, RequestError>> {
    let asker = asker.clone();
    tokio::spawn(async move { asker.request(provider, &request, deadline).await })
}

/// Publishes in a task of its own.
fn tell(
    transmitter: &Messaging,
    receivers: &[ServiceInstance],
    deadline: Duration,
) -> JoinHandle<Result<Gathered<DataSamplesProcessed>, EventError>> {
    let (transmitter, receivers) = (transmitter.clone(), receivers.to_vec());
    let event = DataSamplesEvent {
        endpoint_id: "ep-1".into(),
        data_samples: [&b"{}"[..]].into_iter().collect(),
        ..DataSamplesEvent::default()
    };
    tokio::spawn(async move { transmitter.publish_awaited(&event, &receivers, deadline).await })
}

async fn done<T>(task: JoinHandle<T>) -> T {
    soon("the task", task).await.unwrap()
}

/// How many calls are open, as the replica itself says when it is printed.
fn open_calls(replica: &Messaging) -> usize {
    let printed = format!("{replica:?}");
    let (_, count) = printed.split_once("open_calls: ").unwrap();
    count.split(',').next().unwrap().parse().unwrap()
}

/// Waits until exactly so many answers were late.
async fn late_answers(bus: &Bus, expected: u64) {
    until("answers to be late", || bus.stats().late_answers >= expected).await;
    assert_eq!(bus.stats().late_answers, expected);
}

async fn subscribe(bus: &Bus, filter: &str) -> Subscription {
    bus.subscribe(filter.parse::<SubjectFilter>().unwrap(), None).await.unwrap()
}

/// Everything published before has arrived at the server, and been routed to the others.
async fn settled(buses: [&Bus; 2]) {
    for bus in buses {
        bus.fence(PATIENCE).await.unwrap();
    }
}

/// Whether the server says what nobody listens to (nats-server 2.12).
async fn server_tells(bus: &Bus) -> bool {
    let mut notices = subscribe(bus, "notices").await;
    let (nobody, notices_here) = ("nobody".parse().unwrap(), "notices".parse().unwrap());
    bus.publish(nobody, Some(notices_here), Bytes::new()).await.unwrap();
    soon("a notice", notices.next()).await.unwrap().no_responders.unwrap().subject.is_some()
}
