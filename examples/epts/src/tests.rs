//! The service on a bus in the process: samples in, series out.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kaa_ext::bus::Messaging;
use kaa_ext::prelude::*;
use kaa_ext::protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
use kaa_ext::protocol::name::ReplicaId;
use kaa_ext::protocol::tstp::{DataValue, TimeSeriesEvent};
use kaa_ext::rest::RestConfig;
use kaa_ext::{Config, Running};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::batch::{Batch, MOST_SAMPLES};
use crate::buckets::Bucket;
use crate::store::{Answer, EndpointSummary, Inserted, Page, Points, Samples, Sqlite, Store, StoredSample};
use crate::{Place, Settings, start, start_with};

const PATIENCE: Duration = Duration::from_secs(10);

struct World {
    directory: TempDir,
    bus: Bus,
    running: Running,
}

fn config(directory: &TempDir, change: impl FnOnce(&mut Settings)) -> Config<Settings> {
    let mut config = Config::<Settings>::default();
    config.extension.database = Place::File(directory.path().join("epts.sqlite"));
    config.extension.rest = RestConfig::on_port(0);
    change(&mut config.extension);
    config
}

fn transmitter(bus: &Bus, name: &'static str) -> Messaging {
    Messaging::new(
        bus.clone(),
        ServiceInstance::from_static(name),
        format!("{name}-0").parse::<ReplicaId>().unwrap(),
    )
}

impl World {
    async fn start() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let (directory, bus) = (TempDir::new().unwrap(), Bus::memory());
        let running = start(bus.clone(), config(&directory, change)).await.unwrap();
        Self { directory, bus, running }
    }

    /// From a replica of the transmitter that never sent before: one that did gives a correlation ID it has used
    /// a number of its own, and the event would be another one.
    async fn send(&self, event: &DataSamplesEvent) -> DataSamplesProcessed {
        let dcx = ServiceInstance::from_static("dcx");
        let replica = ReplicaId::random(&dcx);
        let dcx = Messaging::new(self.bus.clone(), dcx, replica);
        sent(&dcx, event).await.expect("a receipt")
    }

    async fn get(&self, path: &str) -> (u16, serde_json::Value) {
        get(&self.running, path).await
    }
}

async fn sent(from: &Messaging, event: &DataSamplesEvent) -> Option<DataSamplesProcessed> {
    let receivers = [ServiceInstance::from_static("epts")];
    let gathered = from.publish_awaited(event, &receivers, PATIENCE).await.unwrap();
    gathered.receipts.into_iter().next()
}

async fn get(running: &Running, path: &str) -> (u16, serde_json::Value) {
    let mut stream = TcpStream::connect(running.rest_addr().unwrap()).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

fn event(id: &str, samples: &[&str]) -> DataSamplesEvent {
    DataSamplesEvent {
        correlation_id: id.into(),
        timestamp: now(),
        app_version_name: "pump-v1".into(),
        endpoint_id: "ep-1".into(),
        data_samples: samples.iter().map(|sample| sample.as_bytes()).collect(),
        ..DataSamplesEvent::default()
    }
}

fn now() -> i64 {
    kaa_ext::bus::Clock::System.millis()
}

#[tokio::test]
async fn a_confirmed_event_can_be_read_and_is_still_there_after_a_restart() {
    let world = World::with(|settings| settings.timestamp_field = Some("ts".into())).await;
    let samples =
        [r#"{"ts":1000,"t":1}"#, r#"{"ts":1500,"t":2, "gps":{"lat":5}}"#, r#"{"ts":2000,"t":4}"#, "no json"];
    let receipt = world.send(&event("c-1", &samples)).await;
    assert_eq!((receipt.status_code, &*receipt.receiver_service_instance_name), (200, "epts"));

    let World { directory, bus, running, .. } = world;
    running.stop(PATIENCE).await.unwrap();
    let running = start(bus, config(&directory, |_| ())).await.unwrap();
    assert_eq!(get(&running, "/endpoints").await.1["endpoints"][0]["endpointId"], "ep-1");
    let series = get(&running, "/endpoints/ep-1/series").await.1;
    assert_eq!(series, serde_json::json!({ "series": ["gps~lat", "t"] }));
    let points = get(&running, "/endpoints/ep-1/series/t?from=1000&to=3000&every=1s").await.1;
    let expected = serde_json::json!({ "every": 1000, "points": [
        { "time": 1000, "count": 2, "min": 1.0, "max": 2.0, "mean": 1.5, "last": 2.0 },
        { "time": 2000, "count": 1, "min": 4.0, "max": 4.0, "mean": 4.0, "last": 4.0 },
    ]});
    assert_eq!(points, expected);
    let first = get(&running, "/endpoints/ep-1/samples?limit=3").await.1;
    assert_eq!(first["samples"][1]["json"]["gps"]["lat"], 5);
    let rest =
        get(&running, &format!("/endpoints/ep-1/samples?limit=3&after={}", first["next"].as_str().unwrap()))
            .await
            .1;
    assert_eq!(
        (&rest["samples"][0]["text"], rest["samples"].as_array().unwrap().len()),
        (&"no json".into(), 1)
    );
    assert_eq!(rest["samples"][0]["index"], 3);
    running.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn an_event_that_comes_twice_is_confirmed_twice_and_stored_once() {
    let world = World::start().await;
    let same = event("c-1", &[r#"{"t":1}"#, r#"{"t":1}"#]);
    for _ in 0..2 {
        assert_eq!(world.send(&same).await.status_code, 200);
    }
    // Of the same request, but not the same samples: it is none that was stored.
    assert_eq!(world.send(&event("c-1", &[r#"{"t":2}"#])).await.status_code, 200);
    let samples = world.get("/endpoints/ep-1/samples").await.1;
    assert_eq!(samples["samples"].as_array().unwrap().len(), 3);
    let counts = world.get("/counts").await.1;
    assert_eq!((&counts["stored"], &counts["known"]), (&2.into(), &1.into()));
    world.running.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn new_points_are_announced_once_by_series_and_odd_names_are_counted() {
    let world = World::start().await;
    let mut listener = transmitter(&world.bus, "listener")
        .listen::<TimeSeriesEvent>(None, Delivery::EveryReplica)
        .await
        .unwrap();
    let same = event("c-1", &[r#"{"a b":1,"t":1}"#, r#"{"t":2}"#]);
    world.send(&same).await;
    world.send(&same).await;
    world.send(&event("c-2", &[r#"{"u":7}"#])).await;
    for (name, values) in [("auto~t", vec![1.0, 2.0]), ("auto~u", vec![7.0])] {
        let heard = tokio::time::timeout(PATIENCE, listener.next()).await.unwrap().unwrap().unwrap();
        assert_eq!((&*heard.time_series_name, &*heard.endpoint_id), (name, "ep-1"));
        let points: Vec<_> = heard
            .data_points
            .iter()
            .filter_map(|point| match point.values.get("value") {
                Some(DataValue::Double(value)) => Some(value),
                _ => None,
            })
            .collect();
        assert_eq!(points, values);
    }
    let counts = world.get("/counts").await.1;
    assert_eq!((&counts["announced"], &counts["unnameable"]), (&2.into(), &1.into()));
    world.running.stop(PATIENCE).await.unwrap();
}

/// A store on a disk that takes its time, until there is a permit.
#[derive(Default)]
struct Slow(tokio::sync::Notify);

impl Store for Slow {
    fn insert(&self, _: Arc<Batch>) -> Answer<'_, Inserted> {
        Box::pin(async {
            self.0.notified().await;
            Ok(Inserted::New)
        })
    }

    fn endpoints(&self, _: Page) -> Answer<'_, Vec<EndpointSummary>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn series(&self, _: String, _: Page) -> Answer<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn points(&self, _: Points) -> Answer<'_, Vec<Bucket>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn samples(&self, _: Samples) -> Answer<'_, Vec<StoredSample>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

#[tokio::test]
async fn what_is_stored_after_the_time_of_its_handler_is_announced_and_counted() {
    let (directory, bus, store) = (TempDir::new().unwrap(), Bus::memory(), Arc::new(Slow::default()));
    let mut config = config(&directory, |_| ());
    config.limits.handler_timeout = Some(Duration::from_millis(20));
    let running = start_with(bus.clone(), config, store.clone()).await.unwrap();
    let mut listener =
        transmitter(&bus, "listener").listen::<TimeSeriesEvent>(None, Delivery::EveryReplica).await.unwrap();
    let receipt = sent(&transmitter(&bus, "dcx"), &event("c-1", &[r#"{"t":1}"#])).await.unwrap();
    assert_eq!(receipt.status_code, 504);
    store.0.notify_one();
    let heard = tokio::time::timeout(PATIENCE, listener.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(&*heard.time_series_name, "auto~t");
    let counts = get(&running, "/counts").await.1;
    assert_eq!((&counts["stored"], &counts["refused"]), (&1.into(), &0.into()));
    running.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn only_the_transmitters_that_are_named_are_heard() {
    let world = World::with(|settings| settings.transmitters = vec!["dcx".into(), "epl".into()]).await;
    assert_eq!(world.send(&event("c-1", &["{}"])).await.status_code, 200);
    let epl = transmitter(&world.bus, "epl");
    assert_eq!(sent(&epl, &event("c-2", &["{}"])).await.unwrap().status_code, 200);
    let stranger = transmitter(&world.bus, "stranger");
    assert!(sent(&stranger, &event("c-3", &["{}"])).await.is_none(), "nobody listens");
    world.running.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_stored() {
    let (directory, bus) = (TempDir::new().unwrap(), Bus::memory());
    let store = Arc::new(Sqlite::open(&directory.path().join("epts.sqlite")).await.unwrap());
    let running = start_with(bus.clone(), config(&directory, |_| ()), store.clone()).await.unwrap();
    let set = store
        .database()
        .write(|connection| connection.pragma_update_and_check(None, "max_page_count", 1, |_| Ok(())));
    set.await.unwrap();
    let text = format!("{{\"t\":\"{}\"}}", "x".repeat(100_000));
    let dcx = transmitter(&bus, "dcx");
    assert_eq!(sent(&dcx, &event("c-1", &[&text])).await.unwrap().status_code, 507);
    let page = Page { after: String::new(), limit: 10 };
    assert_eq!(store.endpoints(page).await.unwrap(), []);
    running.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_told() {
    let world = World::start().await;
    for (count, status) in [(MOST_SAMPLES - 1, 200), (MOST_SAMPLES, 200), (MOST_SAMPLES + 1, 413)] {
        assert_eq!(world.send(&event("many", &vec!["1"; count])).await.status_code, status, "{count}");
    }
    let odd = DataSamplesEvent { endpoint_id: "no endpoint".into(), ..event("c", &["1"]) };
    assert_eq!(world.send(&odd).await.status_code, 400);
    let nameless = DataSamplesEvent { app_version_name: "".into(), ..event("c", &["1"]) };
    assert_eq!(world.send(&nameless).await.status_code, 400);
    let odd = DataSamplesEvent { content_type: "a\0b".into(), ..event("c", &["1"]) };
    assert_eq!(world.send(&odd).await.status_code, 400);
    world.running.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_told() {
    let world = World::start().await;
    let many: Vec<_> = (0..MOST_SAMPLES).map(|n| format!("{{\"ts\":{n},\"t\":1}}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    world.send(&event("c", &many)).await;
    for wrong in [
        "/endpoints?limit=0",
        "/endpoints?limit=1001",
        "/endpoints?page=1",
        "/endpoints/ep-1/series/t?every=often",
        "/endpoints/ep-1/series/t?every=0s",
        "/endpoints/ep-1/series/t?from=2&to=2",
        "/endpoints/ep-1/series/t?from=-1",
        "/endpoints/ep-1/samples?after=x",
    ] {
        let (status, problem) = world.get(wrong).await;
        assert_eq!((status, &problem["status"]), (400, &400.into()), "{wrong}");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    assert_eq!(
        world.get("/endpoints/nobody/series/t").await,
        (200, serde_json::json!({ "every": 1, "points": [] }))
    );
    assert_eq!(world.get("/openapi.json").await.0, 200);
    world.running.stop(PATIENCE).await.unwrap();
}
