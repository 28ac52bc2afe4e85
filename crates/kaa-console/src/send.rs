//! Sending a request, as a device would through a communication service.

use std::sync::Arc;

use http::request::Parts;
use http::{StatusCode, header};
use kaa_bus::{Bus, RequestError, Subject};
use kaa_process::admin::annex::Body;
use kaa_process::error::Chain;
use kaa_process::request::{ReceiveError, only, received};
use kaa_protocol::kp1::ResourcePath;
use kaa_protocol::name::{AppVersion, EndpointId, ServiceInstance};
use kaa_tap::call::{Asker, CallError, Question, ask, tell};
use kaa_tap::{Questions, Verb};
use serde::Deserialize;
use serde_json::json;

use crate::limits::{BODY, BODY_TIME, DESCRIBED, PING, REPLICAS, SENT};
use crate::payload::Payload;
use crate::reply::{Reply, json, refusal};
use crate::room::Room;

/// The request ID of what is to be answered.
const REQUEST_ID: i32 = 1;

/// What is to be sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    service: String,
    resource: String,
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    application: Option<String>,
    #[serde(default)]
    payload: String,
    /// Whether it is to be answered.
    #[serde(default = "yes")]
    request_id: bool,
}

fn yes() -> bool {
    true
}

/// The same, checked.
#[derive(Debug)]
struct Request {
    instance: ServiceInstance,
    path: ResourcePath,
    endpoint: Option<EndpointId>,
    application: AppVersion,
    payload: String,
    is_answered: bool,
}

impl Wanted {
    fn read(body: &[u8]) -> Result<Request, Refused> {
        let bad = |sentence: String| (StatusCode::BAD_REQUEST, sentence);
        let wanted: Self = serde_json::from_slice(body).map_err(|error| {
            bad(format!(
                "the body is not what is to be sent: {error}; expected such as \
                 {{\"service\":\"dcx\",\"resource\":\"/json\",\"endpoint\":\"ep-1\",\"payload\":\"[]\"}}"
            ))
        })?;
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let endpoint = given(wanted.endpoint).map(|text| text.parse::<EndpointId>()).transpose();
        let application = given(wanted.application).unwrap_or_else(|| "kaa-console-v1".to_owned());
        Ok(Request {
            instance: wanted.service.parse().map_err(|error| bad(format!("service: {error}")))?,
            path: wanted.resource.parse().map_err(|error| bad(format!("resource: {error}")))?,
            endpoint: endpoint.map_err(|error| bad(format!("endpoint: {error}")))?,
            application: application.parse().map_err(|error| bad(format!("application: {error}")))?,
            payload: wanted.payload,
            is_answered: wanted.request_id,
        })
    }
}

/// Why there is no answer of a service: a status, and a sentence that says what to do.
type Refused = (StatusCode, String);

/// Sends what the body says, and waits for the answer.
pub(crate) async fn send(room: Arc<Room>, head: Parts, body: Body) -> Reply {
    let sent = match is_json(&head) {
        Ok(()) => sent(room, body).await,
        Err(refused) => Err(refused),
    };
    sent.unwrap_or_else(|(status, sentence)| refusal(status, &sentence))
}

/// A page of another host cannot send this type without asking first, which is refused.
fn is_json(head: &Parts) -> Result<(), Refused> {
    let media_type = only(&head.headers, &header::CONTENT_TYPE).and_then(|text| text.split(';').next());
    if !media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json")) {
        let sentence = "what is to be sent comes as content-type: application/json";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence.to_owned()));
    }
    Ok(())
}

async fn sent(room: Arc<Room>, body: Body) -> Result<Reply, Refused> {
    let body = received(body, BODY, BODY_TIME).await.map_err(not_received)?;
    let wanted = Wanted::read(&body)?;
    let bus = room.source.open().await.map_err(|error| gone(&error))?;
    is_there(&bus, &wanted.instance).await?;
    let question = Question {
        asker: Asker::Console,
        instance: &wanted.instance,
        resource_path: wanted.path.as_str(),
        payload: wanted.payload.as_bytes(),
        endpoint: wanted.endpoint.as_ref(),
        app_version: wanted.application.as_str(),
        request_id: REQUEST_ID,
        config_name: None,
        timeout: SENT,
    };
    if !wanted.is_answered {
        let correlation_id = tell(&bus, &question).await.map_err(|error| gone(&error))?;
        let answer = json!({ "correlationId": correlation_id, "status": null, "payload": null });
        return Ok(json(StatusCode::OK, &answer));
    }
    let asked = ask(&bus, &question).await.map_err(|error| match error {
        CallError::NobodyServes { .. } => (StatusCode::NOT_FOUND, error.to_string()),
        CallError::NoAnswer { .. } => (StatusCode::GATEWAY_TIMEOUT, error.to_string()),
        error => gone(&error),
    })?;
    let payload = asked.payload.as_deref().map(Payload::new);
    let answer = json!({ "correlationId": asked.correlation_id, "status": asked.status, "payload": payload });
    Ok(json(StatusCode::OK, &answer))
}

fn not_received(error: ReceiveError) -> Refused {
    let instead = if matches!(error, ReceiveError::TooLarge(_)) { ", or with `kaa call --file`" } else { "" };
    (error.status(), format!("{error}{instead}"))
}

fn gone(error: &dyn std::error::Error) -> Refused {
    (StatusCode::BAD_GATEWAY, format!("{:#}", Chain(error)))
}

/// Whether somebody serves it. The tap hears all requests, so the server takes every service for served.
async fn is_there(bus: &Bus, instance: &ServiceInstance) -> Result<(), Refused> {
    let name = kaa_bus::micro::name(instance.as_str());
    let Ok(ping) = format!("$SRV.PING.{name}").parse::<Subject>() else { return Ok(()) };
    match bus.request(ping, bytes::Bytes::new(), PING).await {
        Ok(_) => Ok(()),
        Err(RequestError::NoResponders { .. } | RequestError::TimedOut { .. }) => {
            let known = match Questions::open(bus).await {
                Ok(mut questions) => questions.gather(Verb::Info, DESCRIBED, REPLICAS).await,
                Err(_) => Vec::new(),
            };
            let mut names: Vec<_> = known.into_iter().map(|said| said.name).collect();
            names.sort_unstable();
            names.dedup();
            let there = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
            let sentence = format!(
                "nobody serves \"{instance}\" on this bus; start it, or take one of those that are there: {there}"
            );
            Err((StatusCode::NOT_FOUND, sentence))
        }
        Err(error) => Err(gone(&error)),
    }
}
