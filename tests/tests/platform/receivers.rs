//! Samples whose receiver is silent, late, wrong or says it twice.

use kaa_bus::{Bus, Message, ServiceInstance, SubjectFilter, Subscription};
use kaa_protocol::avro::Record;
use kaa_protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
use kaa_protocol::ism::Message as _;
use kaa_tests::device::{Device, post};
use kaa_tests::patience::soon;
use kaa_tests::service::Service;

use kaa_tests::world::World;

/// A receiver that confirms when and as a test says.
struct Receiver {
    bus: Bus,
    events: Subscription,
}

/// An event that waits for its confirmation.
struct Heard {
    event: DataSamplesEvent,
    message: Message,
}

impl Receiver {
    async fn join(world: &World) -> Self {
        let bus = world.bus().await;
        let filter: SubjectFilter =
            "kaa.v1.events.dcx.endpoint.data-collection.data-samples-received".parse().unwrap();
        let events = bus.subscribe(filter, Some(&ServiceInstance::from_static("epts"))).await.unwrap();
        Self { bus, events }
    }

    async fn hears(&mut self) -> Heard {
        let message = soon("an event", self.events.next()).await.unwrap();
        Heard { event: DataSamplesEvent::decode_strict(&message.payload).unwrap(), message }
    }

    async fn confirms(&self, heard: &Heard, status: i32, reason: Option<&str>) {
        let receipt = DataSamplesProcessed {
            correlation_id: heard.event.correlation_id.clone(),
            receiver_service_instance_name: "epts".into(),
            status_code: status,
            reason_phrase: reason.map(Into::into),
            ..DataSamplesProcessed::default()
        };
        let reply_to = str::from_utf8(heard.message.reply_to.as_ref().unwrap()).unwrap().parse().unwrap();
        self.bus.publish(reply_to, None, receipt.to_bytes()).await.unwrap();
    }
}

async fn collecting() -> (World, Service, Receiver, Device) {
    let world = World::start().await;
    let dcx = world.service("dcx", &[("DCX_RECEIVERS", "epts"), ("DCX_TIMEOUT", "1s")]).await;
    let receiver = Receiver::join(&world).await;
    let device = world.device("device-1").await;
    (world, dcx, receiver, device)
}

fn ok(request: u32) -> (String, String) {
    (format!("dcx/device-1/json/{request}/status"), String::new())
}

#[tokio::test]
async fn a_device_is_answered_when_its_receiver_has_confirmed_and_not_before() {
    let (_world, _dcx, mut receiver, mut device) = collecting().await;
    device.tell("dcx/device-1/json/1", "[1]").await;
    let heard = receiver.hears().await;
    // Somebody else's answer comes first, although it was asked for later.
    device.tell("dcx/device-2/json/7", "[").await;
    device.hears_error("dcx/device-2/json/7", 400).await;
    receiver.confirms(&heard, 200, None).await;
    assert_eq!(device.hears().await, ok(1));
}

#[tokio::test]
async fn a_receiver_that_is_silent_is_504_by_name_and_what_it_says_late_changes_nothing() {
    let (world, _dcx, mut receiver, mut device) = collecting().await;
    device.tell("dcx/device-1/json/1", "[1]").await;
    let late = receiver.hears().await;
    let (topic, error) = device.hears().await;
    assert_eq!(topic, "dcx/device-1/json/1/error");
    assert!(error.contains("504") && error.contains("epts"), "{error}");

    // The next request waits for its own confirmation.
    device.tell("dcx/device-1/json/2", "[2]").await;
    let heard = receiver.hears().await;
    receiver.confirms(&late, 200, None).await;
    receiver.confirms(&heard, 507, Some("the disk is full")).await;
    device.hears_error("dcx/device-1/json/2", 507).await;

    let (answer, _) = tokio::join!(post(&world.kpc, "dcx/device-2/json", "[3]"), receiver.hears());
    assert_eq!(answer.0, 504);
}

#[tokio::test]
async fn the_error_of_a_receiver_is_that_of_the_device_with_its_reason() {
    let (world, _dcx, mut receiver, mut device) = collecting().await;
    for (request, (status, code)) in [(507, 507), (400, 400), (302, 502), (0, 502)].into_iter().enumerate() {
        let topic = format!("dcx/device-1/json/{request}");
        device.tell(&topic, "[1]").await;
        let heard = receiver.hears().await;
        receiver.confirms(&heard, status, Some("the disk is full")).await;
        device.hears_error(&topic, code).await;
    }
    let confirmed = async {
        let heard = receiver.hears().await;
        receiver.confirms(&heard, 507, Some("the disk is full")).await;
    };
    let ((code, error), ()) = tokio::join!(post(&world.kpc, "dcx/device-2/json", "[2]"), confirmed);
    assert_eq!(code, 507);
    assert!(error.contains("the disk is full"), "{error}");
}

#[tokio::test]
async fn a_receiver_that_confirms_twice_is_taken_at_its_first_word_and_the_device_answered_once() {
    let (_world, _dcx, mut receiver, mut device) = collecting().await;
    device.tell("dcx/device-1/json/1", "[1]").await;
    let heard = receiver.hears().await;
    receiver.confirms(&heard, 200, None).await;
    receiver.confirms(&heard, 500, Some("changed its mind")).await;
    assert_eq!(device.hears().await, ok(1));

    device.tell("dcx/device-1/json/2", "[2]").await;
    let next = receiver.hears().await;
    receiver.confirms(&heard, 500, Some("and again")).await;
    receiver.confirms(&next, 200, None).await;
    // The next that is heard is this, so there was no second answer.
    assert_eq!(device.hears().await, ok(2));
}
