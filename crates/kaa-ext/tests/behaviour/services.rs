//! Targeted requests of other services.

use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};
use kaa_ext::protocol::ism::Message as _;
use kaa_ext::protocol::{Bytes, cmx2cdp};
use kaa_ext::testing::TestKaa;
use kaa_ext::{Builder, Dialect, Limits};

use crate::extension as plain;

/// Answers by the name that is asked for.
#[service]
async fn config(
    Targeted(request): Targeted<ConfigRequest>,
    endpoint: EndpointId,
    app_version: AppVersion,
) -> Result<ConfigResponse, Failure> {
    match request.config_name.as_deref() {
        Some("missing") => return Err(Failure::not_found("no configuration of this name")),
        Some("broken") => return Err(Failure::internal("the disk burns")),
        Some("panic") => panic!("as asked"),
        Some("slow") => std::future::pending().await,
        _ => {}
    }
    Ok(ConfigResponse {
        app_version_name: app_version.as_str().into(),
        endpoint_id: endpoint.as_str().into(),
        config_id: Some("7".into()),
        content: Some(Bytes::from_static(b"{}")),
        status_code: 200,
        ..ConfigResponse::default()
    })
}

#[service]
async fn legacy(
    Targeted(request): Targeted<cmx2cdp::ConfigRequest>,
) -> Result<cmx2cdp::ConfigResponse, Failure> {
    if request.endpoint_id == "unknown" {
        return Err(Failure::not_found("unknown"));
    }
    Ok(cmx2cdp::ConfigResponse {
        app_version_token: request.app_version_token,
        endpoint_id: request.endpoint_id,
        content_type: "json".into(),
        config_version: request.config_version.unwrap_or(1),
        ..cmx2cdp::ConfigResponse::default()
    })
}

fn extension() -> Builder<()> {
    plain(Vec::new()).services(services![config])
}

async fn start(builder: Builder<()>) -> TestKaa {
    TestKaa::start(builder.build().unwrap()).await
}

fn ask(name: Option<&str>) -> ConfigRequest {
    ConfigRequest {
        correlation_id: "question".into(),
        app_version_name: "sensor-v1".into(),
        endpoint_id: "ep-1".into(),
        config_name: name.map(Into::into),
        ..ConfigRequest::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_with_the_response_of_the_service() {
    let kaa = start(extension()).await;
    let response = kaa.service("cmx").request(&ask(None)).await.unwrap();
    assert_eq!((&*response.correlation_id, response.status_code), ("question", 200));
    assert_eq!((response.config_id.as_deref(), response.content.as_deref()), (Some("7"), Some(&b"{}"[..])));
    assert!(response.timestamp > 0);
    let counters = kaa.settled(1).await;
    assert_eq!((counters.received, counters.answered), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_is_answered_with_a_response_of_its_type() {
    let kaa = start(extension()).await;
    let cmx = kaa.service("cmx");
    for (name, status, reason) in [
        ("missing", 404, "no configuration of this name"),
        ("broken", 500, "Internal Server Error"),
        ("panic", 500, "Internal Server Error"),
        ("slow", 504, "the request was not done in time"),
    ] {
        let response = cmx.request(&ConfigRequest { timeout: 5_000, ..ask(Some(name)) }).await.unwrap();
        let said = (response.status_code, response.reason_phrase.as_deref());
        assert_eq!(said, (status, Some(reason)), "{name}");
        // It repeats what it is about.
        assert_eq!((&*response.app_version_name, &*response.endpoint_id), ("sensor-v1", "ep-1"));
        assert!(response.correlation_id.starts_with("question"));
    }
    assert_eq!(kaa.settled(4).await.answered, 4);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_too_much_is_answered_503() {
    let limits = Limits { requests: 1, ..Limits::default() };
    let kaa = start(extension().limits(limits)).await;
    let cmx = kaa.service("cmx");
    let (slow, quick) = (ask(Some("slow")), ask(None));
    let (slow, quick) = tokio::join!(cmx.request(&slow), cmx.request(&quick));
    assert_eq!((slow.unwrap().status_code, quick.unwrap().status_code), (504, 503));
    let counters = kaa.settled(2).await;
    assert_eq!((counters.answered, counters.shed), (1, 1));
}

/// Asks its own extension about the endpoint that is waiting for the answer.
#[resource("/ask-yourself")]
async fn ask_yourself(endpoint: EndpointId, messaging: Messaging) -> Result<Payload, Failure> {
    let this = kaa_ext::protocol::subject::Target::Service(messaging.instance().clone());
    let request = ConfigRequest { endpoint_id: endpoint.into(), ..ask(None) };
    let response = messaging.request(&this, &request, Duration::from_secs(60)).await;
    Ok(Payload(response.map_err(Failure::internal)?.content.unwrap_or_default()))
}

#[tokio::test(start_paused = true)]
async fn a_request_does_not_wait_for_the_handler_that_asked_it() {
    let kaa = start(extension().resources(resources![ask_yourself])).await;
    kaa.endpoint("ep-1").request("/ask-yourself").await.assert_status(200).assert_text("{}");
}

#[tokio::test(start_paused = true)]
async fn the_last_token_of_the_return_address_becomes_the_response_type() {
    let kaa = start(extension()).await;
    let filter = "kaa.v1.replica.cmx-0.cdtp.*".parse::<kaa_ext::protocol::subject::SubjectFilter>().unwrap();
    let mut replies = kaa.bus().subscribe(filter, None).await.unwrap();
    let subject = "kaa.v1.service.ext.cdtp.request";
    let reply_to = "kaa.v1.replica.cmx-0.cdtp.whatever".parse().unwrap();
    kaa.bus().publish(subject.parse().unwrap(), Some(reply_to), ask(None).to_bytes()).await.unwrap();
    let reply = replies.next().await.unwrap();
    assert_eq!(reply.subject, "kaa.v1.replica.cmx-0.cdtp.response");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_answered_who_does_not_say_where() {
    let kaa = start(extension()).await;
    let subject = || "kaa.v1.service.ext.cdtp.request".parse().unwrap();
    kaa.bus().publish(subject(), None, ask(None).to_bytes()).await.unwrap();
    for hostile in ["$SYS.REQ.SERVER.PING", "kaa.v1.replica.kpc-0.esp.ExtensionData", "kaa.v1.service.cmx"] {
        let reply_to = Some(hostile.parse().unwrap());
        kaa.bus().publish(subject(), reply_to, ask(None).to_bytes()).await.unwrap();
    }
    let counters = kaa.settled(4).await;
    assert_eq!((counters.silent, counters.hostile_reply_to), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn one_replica_can_be_asked() {
    let kaa = start(extension()).await;
    let cmx = kaa.service("cmx");
    let target = kaa_ext::protocol::subject::Target::Replica("ext-0".parse().unwrap());
    let response = cmx.messaging().request(&target, &ask(None), Duration::from_secs(1)).await.unwrap();
    assert_eq!(response.status_code, 200);
}

#[tokio::test(start_paused = true)]
async fn the_older_protocol_is_served_on_its_bare_subject() {
    let kaa = start(plain(Vec::new()).services(services![legacy])).await;
    let cmx = kaa.service("cmx");
    let request = |endpoint: &str| cmx2cdp::ConfigRequest {
        endpoint_id: endpoint.into(),
        config_version: Some(7),
        ..cmx2cdp::ConfigRequest::default()
    };
    let response = cmx.request(&request("ep-1")).await.unwrap();
    assert_eq!((response.config_version, response.status_code), (7, cmx2cdp::Status::Ok.code()));
    let response = cmx.request(&request("unknown")).await.unwrap();
    assert_eq!(response.status_code, cmx2cdp::Status::NoContent.code());
}

#[tokio::test]
async fn what_cannot_share_a_subject_is_refused() {
    let error = plain(Vec::new())
        .dialects([Dialect::Esp, Dialect::Ecs2Ext])
        .services(services![config, legacy])
        .services(services![config])
        .build()
        .unwrap_err();
    let text = error.to_string();
    assert_eq!(error.problems().len(), 2, "{text}");
    for part in ["service `legacy`", "4/ECS2EXT", "service `config`", "keep one of them", "services.rs:"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[service]
async fn sessionless(
    Targeted(request): Targeted<ConfigRequest>,
    session: Session,
) -> Result<ConfigResponse, Failure> {
    let _ = (request, session);
    Ok(ConfigResponse::default())
}

#[tokio::test(start_paused = true)]
async fn a_service_has_no_session_to_ask_for() {
    let kaa = start(plain(Vec::new()).services(services![sessionless])).await;
    let response = kaa.service("cmx").request(&ask(None)).await.unwrap();
    assert_eq!(response.status_code, 500);
}

/// Asks a provider of the first platform.
#[resource("/config")]
async fn ask_legacy(endpoint: EndpointId, messaging: Messaging) -> Result<String, Failure> {
    let request = cmx2cdp::ConfigRequest { endpoint_id: endpoint.into(), ..Default::default() };
    let provider = ServiceInstance::from_static("cdp");
    let response = messaging.request(provider, &request, Duration::from_secs(60)).await?;
    Ok(response.config_version.to_string())
}

#[tokio::test(start_paused = true)]
async fn an_extension_of_the_first_platform_can_ask_on_the_subject_it_is_asked_on() {
    let both = [Dialect::Esp, Dialect::Ecs2Ext];
    let kaa = start(plain(resources![ask_legacy].into()).dialects(both)).await;
    let device = kaa.endpoint("ep-1");
    let before = tokio::time::Instant::now();
    device.request("/config").await.assert_status(503);
    assert_eq!(before.elapsed(), Duration::ZERO, "that nobody is there is known at once");
    let cdp = kaa.service("cdp");
    let _provider = cdp
        .answer(|request: cmx2cdp::ConfigRequest| cmx2cdp::ConfigResponse {
            config_version: 7,
            ..request.response(Outcome::OK)
        })
        .await;
    device.request("/config").await.assert_status(200).assert_text("7");
    let counters = kaa.settled(2).await;
    assert_eq!((counters.received, counters.undeliverable, kaa.bus().stats().late_answers), (2, 0, 0));
}
