//! With an exporter, each service that a request passes is a span, and the next one is its child.

use kaa_ext::TracingConfig;
use kaa_ext::trace::{Decides, Export, Ratio};
use kaa_tests::venue::Venue;
use tracing_subscriber::layer::SubscriberExt;

use crate::collector::{Collector, Span};
use crate::platform::{DEVICE, Platform, SAID};

fn export(collector: &Collector, ratio: f64) -> Export {
    let mut config = TracingConfig::default();
    config.endpoint = Some(collector.url().parse().unwrap());
    config.ratio = Ratio::new(ratio).unwrap();
    config.attributes = vec!["deployment.environment.name=test".parse().unwrap()];
    let (instance, replica) = ("platform".parse().unwrap(), "platform-0".parse().unwrap());
    Export::start(&config, &instance, &replica, Decides::Service).unwrap().unwrap()
}

/// The one span of this replica with this name.
fn span<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        _ => panic!("not one {name}: {spans:#?}"),
    }
}

async fn one_trace_has_a_span_of_each_service(venue: Venue) {
    let mut collector = Collector::start().await;
    let export = export(&collector, 1.0);
    let subscriber = tracing_subscriber::registry().with(export.layer());
    let guard = tracing::subscriber::set_default(subscriber);
    let mut platform = Platform::start(&venue).await;
    // That this device does not record anything does not decide what is recorded here.
    let device = format!("{}00", &DEVICE[..53]);
    let answer = platform.ask(&[("traceparent", &device), ("tracestate", "vendor=1")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let spans = collector.trace(&DEVICE[3..35], 4).await;
    let [communication, ext, event, request] =
        ["device", "start", "applied", "config"].map(|name| span(&spans, name).clone());
    assert_eq!(spans.len(), 4, "{spans:#?}");
    assert_eq!(communication.parent_id, DEVICE[36..52]);
    assert_eq!(ext.parent_id, communication.span_id);
    assert_eq!([&event.parent_id, &request.parent_id], [&ext.span_id; 2]);
    for (span, of, kind) in [(&communication, "kpc-", 2), (&ext, "ext-0", 2), (&event, "receiver-0", 5)] {
        assert!(span.attribute("replica").starts_with(of), "{span:?}");
        assert_eq!((span.kind, span.is_error), (kind, false));
        assert_eq!(span.attribute("correlation_id"), communication.attribute("correlation_id"));
        assert_eq!(span.attribute("endpoint_id"), "ep-1");
        assert_eq!(span.attribute("status"), "200");
        assert_eq!((&*span.service, &*span.instance), ("platform", "platform-0"));
        assert_eq!(span.of_service("deployment.environment.name"), "test");
    }
    assert_eq!((communication.attribute("resource"), ext.attribute("function")), ("/start", "start"));
    assert_eq!(
        (communication.attribute("extension"), request.attribute("resource")),
        ("ext", "ConfigRequest")
    );

    // Each message says which span sent it.
    for (subject, trace) in platform.messages(SAID.len()).await {
        let trace = trace.expect(&subject);
        let sender = match &*subject {
            "kaa.v1.service.ext.esp.ClientData" => &communication,
            "kaa.v1.replica.ext-0.cdtp.response" => &request,
            _ => &ext,
        };
        let expected = format!("00-{}-{}-01", sender.trace_id, sender.span_id);
        assert_eq!(trace.parent().to_string(), expected, "{subject}");
        assert_eq!(trace.state().unwrap().as_str(), "vendor=1");
    }

    // A device that says nothing begins a trace here.
    assert_eq!(platform.ask(&[]).await.status, 200);
    let (_, trace) = platform.messages(1).await.remove(0);
    let trace_id = trace.unwrap().parent().to_string()[3..35].to_owned();
    let spans = collector.trace(&trace_id, 4).await;
    assert_eq!((&*span(&spans, "device").parent_id, spans.len()), ("", 4));

    drop((platform, guard));
    export.finish().await;
}

#[tokio::test]
async fn one_trace_has_a_span_of_each_service_in_the_process() {
    one_trace_has_a_span_of_each_service(Venue::memory()).await;
}

#[tokio::test]
async fn one_trace_has_a_span_of_each_service_on_nats() {
    one_trace_has_a_span_of_each_service(Venue::nats().await).await;
}

#[tokio::test]
async fn what_is_not_recorded_is_passed_on_as_such_and_not_sent() {
    let collector = Collector::start().await;
    let export = export(&collector, 0.0);
    let subscriber = tracing_subscriber::registry().with(export.layer());
    let guard = tracing::subscriber::set_default(subscriber);
    let mut platform = Platform::start(&Venue::memory()).await;
    assert_eq!(platform.ask(&[("traceparent", DEVICE)]).await.status, 200);
    for (subject, trace) in platform.messages(SAID.len()).await {
        let parent = trace.expect(&subject).parent();
        assert_eq!((&parent.to_string()[3..35], parent.is_sampled()), (&DEVICE[3..35], false), "{subject}");
    }
    drop((platform, guard));
    export.finish().await;
    assert_eq!(collector.spans(), []);
}
