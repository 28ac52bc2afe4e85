//! Real services, each a process and a user of NATS of its own, and a collector that they send their spans to.

use kaa_tests::http::call_with;
use kaa_tests::patience::soon;
use kaa_tests::service::Service;
use kaa_tests::store::Store;
use kaa_tests::world::{TRUSTFUL, World, eventually};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::collector::{Collector, Span};
use crate::platform::DEVICE;

/// A device, `dcx`, and `epts` that stores what it sends.
struct Collecting {
    world: World,
    dcx: Service,
    epts: Service,
}

impl Collecting {
    async fn start(url: &str) -> Self {
        let tracing = format!("tracing: {{ endpoint: \"{url}\" }}\n");
        let world = World::start_with(&format!("{TRUSTFUL}{tracing}")).await;
        let store = Store::sqlite(&world);
        let database = store.database();
        let attributes = ("TRACING_ATTRIBUTES", "deployment.environment.name=test, kaa.site=a=b");
        let epts = [("DATABASE", &*database), ("TRACING_ENDPOINT", url), ("TRACING_SERVICE_NAME", "series")];
        let dcx = [("DCX_RECEIVERS", "epts"), ("TRACING_ENDPOINT", url), attributes];
        let epts = world.service("epts", &epts);
        let dcx = world.service("dcx", &dcx);
        let (epts, dcx) = tokio::join!(epts, dcx);
        Self { world, dcx, epts }
    }

    /// A device sends a batch over HTTP.
    async fn send(&self, fields: &[(&str, &str)]) -> u16 {
        let http = self.world.kpc.address("http");
        call_with(http, "POST", "/kp1/v1/dcx/device-1/json", fields, r#"{"t":21}"#).await.status
    }
}

fn of<'a>(spans: &'a [Span], service: &str) -> &'a Span {
    spans.iter().find(|span| span.service == service).unwrap_or_else(|| panic!("no {service}: {spans:#?}"))
}

#[tokio::test]
async fn a_batch_is_one_trace_through_three_services() {
    let mut collector = Collector::start().await;
    let platform = Collecting::start(&collector.url()).await;
    assert_eq!(platform.send(&[("traceparent", DEVICE)]).await, 200);

    let spans = collector.trace(&DEVICE[3..35], 3).await;
    let [kpc, dcx, epts] = ["kpc", "dcx", "series"].map(|service| of(&spans, service));
    assert_eq!(kpc.parent_id, DEVICE[36..52]);
    assert_eq!((&dcx.parent_id, &epts.parent_id), (&kpc.span_id, &dcx.span_id));
    assert_eq!((&*kpc.name, kpc.attribute("resource"), kpc.attribute("status")), ("device", "/json", "200"));
    assert_eq!(epts.attribute("resource"), "DataSamplesEvent");
    assert_eq!((dcx.of_service("deployment.environment.name"), dcx.of_service("kaa.site")), ("test", "a=b"));
    for span in [kpc, dcx, epts] {
        assert_eq!(span.attribute("endpoint_id"), "device-1");
        assert_eq!(span.instance, span.attribute("replica"));
    }

    // What was on its way when a service is asked to stop reaches the collector.
    assert_eq!(platform.send(&[("traceparent", &DEVICE.replace("4bf9", "5bf9"))]).await, 200);
    platform.dcx.terminate();
    assert!(platform.dcx.ended().await);
    let services: Vec<_> = collector.spans().into_iter().map(|span| span.service).collect();
    assert_eq!(services.iter().filter(|service| *service == "dcx").count(), 2, "{services:?}");
    assert!(!platform.epts.log().iter().any(|line| line.contains("collector")));
}

#[tokio::test]
async fn a_collector_that_dies_costs_spans_and_one_warning_and_gets_those_after_it_is_back() {
    let collector = Collector::start().await;
    let address = collector.address();
    let mut platform = Collecting::start(&collector.url()).await;
    drop(collector);
    let refused = "the collector takes no spans";
    for _ in 0..3 {
        assert_eq!(platform.send(&[]).await, 200);
    }
    platform.dcx.logged(refused).await;
    let mut collector = Collector::start_at(address).await;
    let trace = DEVICE.replace("4bf9", "6bf9");
    eventually("spans", async || {
        assert_eq!(platform.send(&[("traceparent", &trace)]).await, 200);
        collector.spans().iter().any(|span| span.service == "dcx").then_some(())
    })
    .await;
    assert!(collector.trace(&trace[3..35], 3).await.len() >= 3);
    platform.dcx.logged("the collector takes spans again").await;
    let warnings = platform.dcx.log().iter().filter(|line| line.contains(refused)).count();
    assert_eq!(warnings, 1, "{:#?}", platform.dcx.log());
}

#[tokio::test]
async fn a_collector_that_hangs_holds_up_no_message_and_no_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    // It takes whatever comes and never answers.
    let hanging = tokio::spawn(async move {
        let mut sockets = Vec::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_u8().await.unwrap();
            sockets.push(socket);
        }
    });
    let mut platform = Collecting::start(&url).await;
    let hundred = async {
        for _ in 0..100 {
            assert_eq!(platform.send(&[]).await, 200);
        }
    };
    soon("a hundred answers, in the time of two batches that are not answered", hundred).await;
    platform.dcx.terminate();
    platform.dcx.logged("the last spans have not reached the collector").await;
    assert!(platform.dcx.ended().await);
    hanging.abort();
}
