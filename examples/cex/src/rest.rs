//! People give commands (REST).

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use kaa_ext::prelude::{EndpointId, Failure};
use kaa_ext::protocol::cep::CommandType;
use kaa_ext::protocol::json::{JsonPayload, RawJson};
use kaa_ext::rest::{Api, HANDLER_TIMEOUT, Json, Path, Problem, Query, routes};
use kaa_ext::settings::duration;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::App;
use crate::commands::Done;

/// The longest wait for a result. The number of the command has to come before the port gives up, or who waits would
/// give it a second time.
const PATIENCE: Duration = HANDLER_TIMEOUT.saturating_sub(Duration::from_secs(2));

/// A command, and what became of it if the device has said so.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// The number of the command, unique for its endpoint and type.
    id: i32,
    /// What became of it, by the numbers of HTTP; absent while it is outstanding.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<i32>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_phrase: Option<String>,
    /// What the device found out.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<RawJson>,
}

/// How long to wait for the result.
#[derive(Deserialize)]
struct Patience {
    #[serde(default, rename = "await", with = "duration::optional")]
    limit: Option<Duration>,
}

pub(crate) fn api(app: App) -> Api {
    Api::<App>::new().routes(routes!(give)).routes(routes!(look)).with_state(app)
}

/// Gives an endpoint a command.
#[utoipa::path(
    post,
    path = "/endpoints/{endpoint}/commands/{type}",
    params(
        ("endpoint" = String, Path, description = "the endpoint"),
        ("type" = String, Path, description = "the type of the command"),
        ("await" = Option<String>, Query, description = "how long to wait for the result, such as 10s; 28s at most"),
    ),
    request_body(content = Option<serde_json::Value>, description = "what the device needs to know: any JSON, or nothing"),
    responses(
        (status = 200, description = "the device has answered", body = Status),
        (status = 202, description = "it has not yet", body = Status),
        (status = 400, description = "a name, a duration or the payload is none", body = Problem),
        (status = 413, description = "the payload is too large", body = Problem),
        (status = 429, description = "too many commands wait for this endpoint", body = Problem),
        (status = 503, description = "there are too many commands", body = Problem),
    )
)]
async fn give(
    State(app): State<App>,
    Path((endpoint, command_type)): Path<(EndpointId, CommandType)>,
    Query(patience): Query<Patience>,
    body: Bytes,
) -> Result<Response, Problem> {
    let begun = Instant::now();
    let payload = (!body.is_empty()).then(|| RawJson::from_json(&body)).transpose();
    let payload = payload.map_err(|error| Problem::bad_request(error.to_string()))?;
    let (id, mut pending) =
        app.order(&endpoint, &command_type, None, payload).await.map_err(|failure| problem(&failure))?;
    let limit = patience.limit.unwrap_or_default().min(app.commands.ttl()).min(PATIENCE);
    let done = tokio::time::timeout_at(begun + limit, pending.wait_for(Option::is_some)).await;
    let done = done.ok().and_then(Result::ok).and_then(|done| done.clone());
    let location = [(header::LOCATION, format!("/endpoints/{endpoint}/commands/{command_type}/{id}"))];
    Ok((location, status(id, done)).into_response())
}

/// What became of a command.
#[utoipa::path(
    get,
    path = "/endpoints/{endpoint}/commands/{type}/{id}",
    params(
        ("endpoint" = String, Path, description = "the endpoint"),
        ("type" = String, Path, description = "the type of the command"),
        ("id" = i32, Path, description = "the number of the command"),
    ),
    responses(
        (status = 200, description = "the device has answered", body = Status),
        (status = 202, description = "it has not yet", body = Status),
        (status = 404, description = "there is no such command, or no more", body = Problem),
    )
)]
async fn look(
    State(app): State<App>,
    Path((endpoint, command_type, id)): Path<(EndpointId, CommandType, i32)>,
) -> Result<Response, Problem> {
    let state = app.commands.state(&endpoint, &command_type, id);
    let unknown = || format!("no {command_type} command {id} of {endpoint} is known; its time may be over");
    state.map(|done| status(id, done)).ok_or_else(|| Problem::not_found(unknown()))
}

fn status(id: i32, done: Option<Done>) -> Response {
    let Some(Done { result, .. }) = done else {
        let outstanding = Status { id, status_code: None, reason_phrase: None, payload: None };
        return (StatusCode::ACCEPTED, Json(outstanding)).into_response();
    };
    let (status_code, reason_phrase, payload) =
        (Some(result.status_code), result.reason_phrase, result.payload);
    Json(Status { id, status_code, reason_phrase, payload }).into_response()
}

fn problem(failure: &Failure) -> Problem {
    Problem::new(failure.status().into(), failure.reason())
}
