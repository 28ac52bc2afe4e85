use std::sync::Mutex;
use std::time::Duration;

use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::esp::{ExtensionData, Revision};
use kaa_ext::testing::{Device, TestKaa, TestReply, settings};
use serde_json::json;

use super::*;

const SERVICE: &str = "kaa.v1.service.kpc.esp.ExtensionData";
const REPLICA: &str = "kaa.v1.replica.kpc-7.esp.ExtensionData";

/// A Kaa with the resource, and the watch beside it.
async fn kaa() -> TestKaa {
    let (bus, outcomes) = (Bus::memory(), Arc::new(Outcomes::new(&Settings::default())));
    let watch = Watch::open(&bus, ServiceInstance::from_static("rsx")).await.unwrap();
    tokio::spawn(watch.run(outcomes.clone()));
    TestKaa::start_on(bus, extension().with_state(outcomes).build().unwrap()).await
}

fn answer() -> ExtensionData<'static> {
    ExtensionData {
        correlation_id: "c",
        timestamp: 1_767_225_600_000,
        app_version_name: Some("test-app-v1"),
        extension_instance_name: Some("dcx"),
        endpoint_id: Some("ep-1"),
        resource_path: "/json",
        request_id: Some(42),
        status_code: 200,
        ..ExtensionData::default()
    }
}

async fn publish(kaa: &TestKaa, subject: &str, data: ExtensionData<'_>) {
    let datum = data.encode(Revision::Current).unwrap();
    kaa.bus().publish(subject.parse().unwrap(), None, datum).await.unwrap();
}

/// Asks until the watch has noted what was published before: that is another task.
async fn known(device: &Device, path: &str, id: i32) -> TestReply {
    let ask = async {
        loop {
            let reply = device.request(path).request_id(id).await;
            if reply.status != 404 {
                return reply;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ask).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_device_learns_what_became_of_its_request() {
    let kaa = kaa().await;
    publish(&kaa, REPLICA, answer()).await;
    let expected = json!({ "statusCode": 200, "timestamp": 1_767_225_600_000_i64 });
    known(&kaa.endpoint("ep-1"), "/dcx", 42).await.assert_status(200).assert_json(expected);
}

#[tokio::test(start_paused = true)]
async fn what_goes_to_the_communication_service_as_a_whole_is_seen_as_well() {
    let kaa = kaa().await;
    let failed = ExtensionData { status_code: 507, reason_phrase: Some("the disk is full"), ..answer() };
    publish(&kaa, SERVICE, failed).await;
    let expected = json!({
        "statusCode": 507, "reasonPhrase": "the disk is full", "timestamp": 1_767_225_600_000_i64,
    });
    known(&kaa.endpoint("ep-1"), "/dcx", 42).await.assert_json(expected);
}

#[tokio::test(start_paused = true)]
async fn only_that_request_of_that_extension_of_that_endpoint_is_meant() {
    let kaa = kaa().await;
    publish(&kaa, REPLICA, answer()).await;
    let device = kaa.endpoint("ep-1");
    known(&device, "/dcx", 42).await.assert_status(200);
    device.request("/dcx").request_id(41).await.assert_status(404);
    device.request("/cmx").request_id(42).await.assert_status(404);
    kaa.endpoint("ep-2").request("/dcx").request_id(42).await.assert_status(404);
}

#[tokio::test(start_paused = true)]
async fn what_tells_of_no_request_is_not_remembered() {
    let kaa = kaa().await;
    let pushed = ExtensionData { request_id: None, ..answer() };
    let negative = ExtensionData { request_id: Some(-1), ..answer() };
    let endless = ExtensionData { endpoint_id: None, ..answer() };
    let nameless = ExtensionData { extension_instance_name: None, ..answer() };
    let own = ExtensionData { extension_instance_name: Some("rsx"), ..answer() };
    for data in [pushed, negative, endless, nameless, own] {
        publish(&kaa, REPLICA, data).await;
    }
    kaa.bus().publish(REPLICA.parse().unwrap(), None, "no datum".into()).await.unwrap();
    // What comes behind all of them has been noted, so they have been looked at.
    publish(&kaa, REPLICA, ExtensionData { request_id: Some(43), ..answer() }).await;
    let device = kaa.endpoint("ep-1");
    known(&device, "/dcx", 43).await.assert_status(200);
    device.request("/dcx").request_id(42).await.assert_status(404);
    device.request("/rsx").request_id(42).await.assert_status(404);
}

#[tokio::test(start_paused = true)]
async fn a_long_reason_is_cut_where_a_character_ends() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    for (id, length, kept) in [(1, 255, 255), (2, 256, 256), (3, 257, 256)] {
        let reason = "x".repeat(length);
        let data = ExtensionData { request_id: Some(id), reason_phrase: Some(&reason), ..answer() };
        publish(&kaa, REPLICA, data).await;
        let reply: serde_json::Value = known(&device, "/dcx", id).await.json();
        assert_eq!(reply["reasonPhrase"].as_str().map(str::len), Some(kept));
    }
    let reason = format!("{}ä", "x".repeat(255));
    publish(&kaa, REPLICA, ExtensionData { request_id: Some(4), reason_phrase: Some(&reason), ..answer() })
        .await;
    let reply: serde_json::Value = known(&device, "/dcx", 4).await.json();
    assert_eq!(reply["reasonPhrase"].as_str().map(str::len), Some(255));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_question_is_told_what_is_wrong() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    device.request("/d+x").request_id(1).await.assert_status(400);
    device.request("/").request_id(1).await.assert_status(404);
    kaa.without_endpoint().request("/dcx").request_id(1).await.assert_status(400);
}

#[tokio::test(start_paused = true)]
async fn the_watch_ends_with_the_service() {
    let bus = Bus::memory();
    let running = start(bus.clone(), Config::default()).await.unwrap();
    running.stop(Duration::from_secs(1)).await.unwrap();
    let nobody = bus.request(REPLICA.parse().unwrap(), "?".into(), Duration::from_secs(1)).await;
    assert!(matches!(nobody, Err(kaa_ext::bus::RequestError::NoResponders { .. })), "{nobody:?}");
}

/// What is logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn what_it_costs_others_is_said_once_when_it_starts() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let running = start(Bus::memory(), Config::default()).await.unwrap();
    running.stop(Duration::from_secs(1)).await.unwrap();
    let text = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    let warnings: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
    assert!(
        matches!(warnings[..], [line] if line.contains("kaa.v1.replica.*") && line.contains("do without rsx")),
        "{text}"
    );
}

#[test]
fn numbers_start_at_one_and_durations_have_a_unit() {
    for (name, value) in [("RSX_ENDPOINTS", "0"), ("RSX_PER_ENDPOINT", "-1"), ("RSX_TTL", "10")] {
        let error = settings::<Settings>("rsx", &[(name, value)]).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(settings::<Settings>("rsx", &[("RSX_TTL", "90s")]).unwrap().ttl, Duration::from_secs(90));
}
