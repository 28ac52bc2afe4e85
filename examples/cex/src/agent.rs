//! Services give commands (12/CIP).

use kaa_ext::prelude::*;
use kaa_ext::protocol::cip::{CommandInvocationRequest, CommandInvocationResult};
use kaa_ext::protocol::json::{JsonPayload, RawJson};

use crate::App;
use crate::commands::Done;

/// Has a command executed, and waits for its result as long as the caller does. Who asks again with the same
/// number gets the result of the same command: it is not executed twice.
#[service]
pub(crate) async fn invoke(
    Targeted(request): Targeted<CommandInvocationRequest>,
    State(app): State<App>,
) -> Result<CommandInvocationResult, Failure> {
    let wrong = |error: kaa_ext::protocol::name::NameError| Failure::bad_request(error.to_string());
    let endpoint = request.endpoint_id.parse().map_err(wrong)?;
    let command_type = request.command_type.parse().map_err(wrong)?;
    let payload = request.payload.as_deref().map(RawJson::from_json).transpose()?;
    let (id, mut pending) = app.order(&endpoint, &command_type, Some(request.command_id), payload).await?;
    let done = pending.wait_for(Option::is_some).await.ok().and_then(|done| done.clone());
    let Some(Done { app_version, result }) = done else {
        return Err(Failure::new(ErrorStatus::GONE, format!("command {id} was not done in its time")));
    };
    Ok(CommandInvocationResult {
        app_version_name: app_version.into(),
        status_code: result.status_code,
        reason_phrase: result.reason_phrase.map(Into::into),
        payload: result.payload.map(|payload| String::from(payload).into()),
        ..request.response(Outcome::OK)
    })
}
