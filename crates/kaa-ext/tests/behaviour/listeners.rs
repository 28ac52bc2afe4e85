//! Events of other services.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigApplied, ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
use kaa_ext::protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_ext::protocol::name::ServiceInstance;
use kaa_ext::protocol::{Bytes, cmx2cdp, ism};
use kaa_ext::testing::TestKaa;
use kaa_ext::{Builder, HandlerFuture, Pipeline};
use tokio::sync::Notify;
use tower::{Layer, Service};

/// What the listeners of these tests heard.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Lets a listener wait.
#[derive(Clone, Default)]
struct Gate(Arc<Notify>);

#[derive(Clone, Default, FromRef)]
struct App {
    heard: Heard,
    gate: Gate,
}

#[listener]
async fn updated(Event(event): Event<ConfigUpdated>, State(heard): State<Heard>) {
    heard.note(format!("{}={}", event.endpoint_id, event.config_id));
}

#[listener(delivery = every_replica)]
async fn disconnected(Event(event): Event<DisconnectedEvent>, State(heard): State<Heard>) {
    heard.note(event.endpoints.keys().collect::<Vec<_>>().join(","));
}

#[listener(ignore_own)]
async fn connected(Event(event): Event<ConnectedEvent>, State(heard): State<Heard>) {
    heard.note(event.endpoints.keys().collect::<Vec<_>>().join(","));
}

/// Receives data samples: `wait` waits for the gate, `panic` panics, `bad` fails.
#[listener]
async fn samples(
    Event(event): Event<DataSamplesEvent>,
    State(heard): State<Heard>,
    State(gate): State<Gate>,
) -> Result<(), Failure> {
    for sample in &event.data_samples {
        match sample {
            b"wait" => gate.0.notified().await,
            b"panic" => panic!("as asked"),
            b"bad" => return Err(Failure::bad_request("no number")),
            other => heard.note(String::from_utf8_lossy(other)),
        }
    }
    Ok(())
}

fn extension(app: &App) -> Builder<App> {
    Extension::new("ext").replica("ext-0").state(app.clone())
}

async fn start(builder: Builder<App>) -> TestKaa {
    TestKaa::start(builder.build().unwrap()).await
}

fn update(endpoint: &str, config: &str) -> ConfigUpdated {
    ConfigUpdated { endpoint_id: endpoint.into(), config_id: config.into(), ..ConfigUpdated::default() }
}

fn sampled(samples: &[&'static str]) -> DataSamplesEvent {
    DataSamplesEvent {
        endpoint_id: "ep-1".into(),
        data_samples: samples.iter().map(|sample| sample.as_bytes()).collect(),
        ..DataSamplesEvent::default()
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_reaches_its_listener_with_the_state_it_works_on() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![updated, samples])).await;
    kaa.service("cdp").publish(&update("ep-1", "7")).await;
    kaa.service("other").publish(&update("ep-2", "8")).await;
    let counters = kaa.settled(2).await;
    assert_eq!(app.heard.all(), ["ep-1=7", "ep-2=8"]);
    assert_eq!((counters.received, counters.silent, counters.answered), (2, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_listener_to_one_service_does_not_hear_the_others() {
    let app = App::default();
    let kaa = start(extension(&app).listeners_to("cdp", listeners![updated])).await;
    kaa.service("other").publish(&update("ep-1", "1")).await;
    kaa.service("cdp").publish(&update("ep-2", "2")).await;
    kaa.settled(1).await;
    assert_eq!(app.heard.all(), ["ep-2=2"]);
}

#[tokio::test(start_paused = true)]
async fn one_replica_or_every_replica_hears_an_event_as_the_listener_says() {
    let (one, other) = (App::default(), App::default());
    let first = start(extension(&one).listeners(listeners![updated, disconnected])).await;
    let second = extension(&other).replica("ext-1").listeners(listeners![updated, disconnected]);
    let second = TestKaa::start_on(first.bus().clone(), second.build().unwrap()).await;
    for number in 0..4 {
        first.service("cdp").publish(&update("ep-1", &number.to_string())).await;
    }
    let gone = DisconnectedEvent {
        endpoints: [("ep-1", "v1"), ("ep-2", "v1")].into_iter().collect(),
        ..DisconnectedEvent::default()
    };
    first.service("kpc").publish(&gone).await;
    first.settled(3).await;
    second.settled(3).await;
    let mut all = [one.heard.all(), other.heard.all()].concat();
    all.sort_unstable();
    assert_eq!(all, ["ep-1,ep-2", "ep-1,ep-2", "ep-1=0", "ep-1=1", "ep-1=2", "ep-1=3"]);
}

#[resource("/announce")]
async fn announce(endpoint: EndpointId, messaging: Messaging) -> Result<(), Failure> {
    let endpoints = [(endpoint.as_str(), "v1")].into_iter().collect();
    let event = ConnectedEvent { endpoints, ..ConnectedEvent::default() };
    messaging.publish_event(&event).await.map_err(Failure::internal)
}

#[tokio::test(start_paused = true)]
async fn a_replica_may_ignore_its_own_events() {
    let app = App::default();
    let kaa = start(extension(&app).resources(resources![announce]).listeners(listeners![connected])).await;
    kaa.endpoint("mine").request("/announce").await.assert_status(200);
    let theirs = [("theirs", "v1")].into_iter().collect();
    kaa.service("kpc").publish(&ConnectedEvent { endpoints: theirs, ..ConnectedEvent::default() }).await;
    let counters = kaa.settled(3).await;
    assert_eq!(app.heard.all(), ["theirs"]);
    assert_eq!(counters.silent, 2);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_confirms_after_its_listener_is_done() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![samples])).await;
    let dcx = kaa.service("dcx");
    let minute = Duration::from_secs(60);
    for (content, status, reason) in [
        ("21", 200, Some("OK")),
        ("bad", 400, Some("no number")),
        ("panic", 500, Some("Internal Server Error")),
        ("wait", 504, Some("the request was not done in time")),
    ] {
        let gathered = dcx.publish_awaited(&sampled(&[content]), minute).await;
        assert!(gathered.is_complete(), "{content}");
        let DataSamplesProcessed { receiver_service_instance_name, status_code, reason_phrase, .. } =
            &gathered.receipts[0];
        assert_eq!(receiver_service_instance_name, "ext");
        assert_eq!((*status_code, reason_phrase.as_deref()), (status, reason), "{content}");
    }
    let counters = kaa.settled(4).await;
    assert_eq!((counters.answered, counters.panicked, counters.timed_out), (4, 1, 1));
    assert_eq!(counters.unheard, 1);
    // Whoever does not ask gets no receipt.
    dcx.publish(&sampled(&["22"])).await;
    assert_eq!(kaa.settled(5).await.silent, 1);
    assert_eq!(app.heard.all(), ["21", "22"]);
}

#[tokio::test(start_paused = true)]
async fn events_of_one_endpoint_wait_for_each_other_and_others_pass() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![samples])).await;
    let dcx = kaa.service("dcx");
    dcx.publish(&sampled(&["wait", "1"])).await;
    dcx.publish(&sampled(&["2"])).await;
    dcx.publish(&DataSamplesEvent { endpoint_id: "ep-2".into(), ..sampled(&["other"]) }).await;
    while app.heard.all().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.heard.all(), ["other"]);
    app.gate.0.notify_one();
    kaa.settled(3).await;
    assert_eq!(app.heard.all(), ["other", "1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_event_is_counted_and_dropped() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![updated])).await;
    let cmx = kaa.service("cmx");
    // The older protocol says something else on the same subject.
    let legacy = cmx2cdp::Updated {
        correlation_id: "07d78e95-2c4d-4899-957c-b9e5a3701fbb".into(),
        event_timestamp: 1_490_350_896_332,
        originator_replica_id: "1758dc39-63d2-47d0-9b58-6f617a4e0bba".into(),
        app_version_token: "39774993-a426-4092-9e38-02ec213272d0".into(),
        endpoint_id: "b197e391-1d13-403b-83f5-87bdd44888cf".into(),
        config_version: 7,
    };
    cmx.publish(&legacy).await;
    let subject = "kaa.v1.events.cdp.endpoint.config.updated";
    for garbage in [&b""[..], b"\x01", &[0xff; 40]] {
        kaa.bus().publish(subject.parse().unwrap(), None, Bytes::from_static(garbage)).await.unwrap();
    }
    let counters = kaa.settled(4).await;
    assert_eq!((counters.malformed, app.heard.all().len()), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_time_is_over_is_not_handled() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![updated])).await;
    let old = ConfigUpdated { timestamp: 1, timeout: 1, ..update("ep-1", "1") };
    kaa.service("cdp").publish(&old).await;
    assert_eq!(kaa.settled(1).await.expired, 1);
    assert!(app.heard.all().is_empty());
}

/// Asks the provider for the configuration that was announced.
#[listener]
async fn fetch(
    Event(event): Event<ConfigUpdated>,
    messaging: Messaging,
    State(heard): State<Heard>,
) -> Result<(), Failure> {
    let provider = ServiceInstance::from_static("cdp");
    let request = ConfigRequest { endpoint_id: event.endpoint_id.clone(), ..ConfigRequest::default() };
    let response = messaging.request(provider, &request, Duration::from_secs(3600)).await;
    let response = response.map_err(Failure::internal)?;
    heard.note(response.config_id.unwrap_or_default().to_string());
    let applied = ConfigApplied { endpoint_id: event.endpoint_id, ..ConfigApplied::default() };
    messaging.publish_event(&applied).await.map_err(Failure::internal)
}

#[tokio::test(start_paused = true)]
async fn what_follows_from_an_event_carries_its_correlation_id_and_the_time_that_is_left() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![fetch])).await;
    let cdp = kaa.service("cdp");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let _provider = cdp
        .answer(move |request: ConfigRequest| {
            noted.lock().unwrap().push((request.correlation_id.to_string(), request.timeout));
            ConfigResponse { config_id: Some("7".into()), ..ConfigResponse::default() }
        })
        .await;
    let mut applied = cdp.listen::<ConfigApplied>().await;
    let event = ConfigUpdated { correlation_id: "thread".into(), ..update("ep-1", "7") };
    cdp.publish(&event).await;
    let event = applied.next().await;
    assert_eq!((&*event.correlation_id, event.originator_replica_id.as_deref()), ("thread", Some("ext-0")));
    assert_eq!(app.heard.all(), ["7"]);
    // The event named no timeout, so the limit of the handler holds: 30 s.
    assert_eq!(*asked.lock().unwrap(), [("thread".to_owned(), 30_000)]);
}

/// Notes what passes.
#[derive(Clone)]
struct Watch(Heard);

#[derive(Clone)]
struct Watching(Pipeline, Heard);

impl Layer<Pipeline> for Watch {
    type Service = Watching;

    fn layer(&self, inner: Pipeline) -> Watching {
        Watching(inner, self.0.clone())
    }
}

impl Service<Request> for Watching {
    type Response = Reply;
    type Error = Infallible;
    type Future = HandlerFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> HandlerFuture {
        self.1.note(format!("layer saw {:?} of {:?}", request.message_type(), request.endpoint_id()));
        self.0.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn layers_are_around_listeners_too() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![updated]).layer(Watch(app.heard.clone()))).await;
    kaa.service("cdp").publish(&update("ep-1", "7")).await;
    kaa.settled(1).await;
    assert_eq!(app.heard.all(), [r#"layer saw Some("ConfigUpdated") of Some("ep-1")"#, "ep-1=7"]);
}

#[listener]
async fn updated_too(Event(_): Event<ConfigUpdated>) {}

#[tokio::test]
async fn two_listeners_that_would_share_events_are_refused() {
    let error = Extension::new("ext")
        .state(App::default())
        .listeners(listeners![updated])
        .listeners_to("cdp", listeners![updated_too])
        .build()
        .unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    for part in
        ["listener `updated_too`", "listener `updated`", "ConfigUpdated", "every_replica", "listeners.rs:"]
    {
        assert!(problem.contains(part), "{part}: {problem}");
    }
    // From different services they share nothing.
    let extension = Extension::new("ext")
        .state(App::default())
        .listeners_to("cdp", listeners![updated])
        .listeners_to("ecr", listeners![updated_too]);
    assert!(extension.build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn events_that_were_on_their_way_are_handled_before_the_end() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![updated])).await;
    for number in 0..100 {
        kaa.service("cdp").publish(&update("ep-1", &number.to_string())).await;
    }
    let stopped = kaa.stop().await;
    assert_eq!((app.heard.all().len(), stopped.counters.silent), (100, 100));
}

static UNLISTED: AtomicU32 = AtomicU32::new(0);

/// A listener is a function like any other.
#[listener]
async fn counted(Event(_): Event<DisconnectedEvent>) {
    UNLISTED.fetch_add(1, Ordering::Relaxed);
}

#[tokio::test]
async fn a_listener_can_be_called() {
    counted(Event(DisconnectedEvent::default())).await;
    assert_eq!(UNLISTED.load(Ordering::Relaxed), 1);
    let [definition] = listeners![counted];
    let _: &kaa_ext::ListenerDef<()> = &definition;
    assert_eq!((definition.name, definition.event.name()), ("counted", "DisconnectedEvent"));
    assert_eq!(definition.doc, "A listener is a function like any other.");
    let _ = <DisconnectedEvent as ism::Event>::KIND;
}

#[listener]
async fn runs(Event(event): Event<cmx2cdp::Updated>, State(heard): State<Heard>) {
    heard.note(format!("{} runs {}", event.endpoint_id, event.config_version));
}

#[tokio::test(start_paused = true)]
async fn an_event_of_today_is_not_heard_as_one_of_the_older_protocol() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![runs])).await;
    // Its timeout of zero reads as an empty text.
    kaa.service("cdp")
        .publish(&ConfigUpdated { timestamp: 1_490_350_896_332, ..update("ep-1", "12345678") })
        .await;
    kaa.service("cmx")
        .publish(&cmx2cdp::Updated { endpoint_id: "ep-2".into(), config_version: 7, ..Default::default() })
        .await;
    let counters = kaa.settled(2).await;
    assert_eq!((counters.malformed, app.heard.all()), (1, vec!["ep-2 runs 7".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn events_that_are_too_much_are_counted_as_such() {
    let app = App::default();
    let limits = kaa_ext::Limits { requests: 1, ..kaa_ext::Limits::default() };
    let kaa = start(extension(&app).limits(limits).listeners(listeners![samples])).await;
    let dcx = kaa.service("dcx");
    dcx.publish(&sampled(&["wait"])).await;
    for _ in 0..3 {
        dcx.publish(&sampled(&["1"])).await;
    }
    dcx.publish(&DataSamplesEvent { timestamp: -1, ..sampled(&["2"]) }).await;
    while kaa.counters().received < 5 {
        tokio::task::yield_now().await;
    }
    app.gate.0.notify_one();
    let counters = kaa.settled(5).await;
    assert_eq!((counters.silent, counters.shed, counters.malformed), (1, 3, 1));
}

#[listener]
async fn of_an_endpoint(Event(_): Event<ConfigUpdated>, _: EndpointId, State(heard): State<Heard>) {
    heard.note("called");
}

#[tokio::test(start_paused = true)]
async fn a_listener_whose_argument_is_refused_could_not_do_its_work() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![of_an_endpoint])).await;
    kaa.service("cdp").publish(&update("no endpoint ID", "1")).await;
    let counters = kaa.settled(1).await;
    assert_eq!((counters.unheard, app.heard.all().len()), (1, 0));
}

/// What every replica keeps of the samples.
#[listener(delivery = every_replica)]
async fn cache(Event(_): Event<DataSamplesEvent>, State(heard): State<Heard>) {
    heard.note("cached");
}

#[tokio::test(start_paused = true)]
async fn a_service_confirms_once_and_when_its_work_is_done() {
    let app = App::default();
    let kaa = start(extension(&app).listeners(listeners![cache, samples])).await;
    let gathered = kaa.service("dcx").publish_awaited(&sampled(&["bad"]), Duration::from_secs(60)).await;
    assert_eq!(gathered.receipts.iter().map(|receipt| receipt.status_code).collect::<Vec<_>>(), [400]);
    assert_eq!(app.heard.all(), ["cached"]);
    assert_eq!(kaa.bus().stats().late_answers, 0);
}
