//! What other services ask and report: 6/CDTP, and 5/CMX2CDP before it.

use kaa_ext::prelude::*;
use kaa_ext::protocol::{cdtp, cmx2cdp};

use crate::applied::Applied;
use crate::configurations::{Configurations, Current};
use crate::place::Place;

/// Gives the configuration of an endpoint, unless it has the latest.
#[service]
pub(crate) async fn config(
    Targeted(request): Targeted<cdtp::ConfigRequest>,
    State(configurations): State<Configurations>,
) -> Result<cdtp::ConfigResponse, Failure> {
    let name = request.config_name.as_deref().filter(|name| !name.is_empty());
    let place = place(&request.app_version_name, &request.endpoint_id, name)?;
    let current = find(&configurations, &place).await?;
    let response = request.response(Outcome::OK);
    if request.config_id.as_ref().is_some_and(|id| *id == *current.configuration.id) {
        return Ok(response);
    }
    Ok(cdtp::ConfigResponse {
        config_id: Some(current.configuration.id.into()),
        content_type: current.configuration.content_type.into(),
        content: Some(current.configuration.content),
        ..response
    })
}

/// The same as the first platform asked for it. There, the version is the revision.
#[service]
pub(crate) async fn versioned_config(
    Targeted(request): Targeted<cmx2cdp::ConfigRequest>,
    State(configurations): State<Configurations>,
) -> Result<cmx2cdp::ConfigResponse, Failure> {
    let place = place(&request.app_version_token, &request.endpoint_id, None)?;
    let current = find(&configurations, &place).await?;
    let version = version(&current).ok_or_else(|| Failure::internal("the store is at revision 2^31"))?;
    if request.config_version.is_some_and(|wanted| wanted != version) {
        return Err(Failure::not_found("only the latest version is kept"));
    }
    Ok(cmx2cdp::ConfigResponse {
        content_type: format(&current.configuration.content_type).into(),
        config_version: version,
        content: Some(current.configuration.content),
        ..request.response(Outcome::OK)
    })
}

/// Keeps what an endpoint said of its configuration.
#[listener]
pub(crate) async fn applied(
    Event(event): Event<cdtp::ConfigApplied>,
    State(configurations): State<Configurations>,
) -> Result<(), Failure> {
    let Place { app_version, endpoint: Some(endpoint), .. } =
        place(&event.app_version_name, &event.endpoint_id, None)?
    else {
        return Ok(());
    };
    let report = Applied {
        config_id: event.config_id.to_string(),
        status_code: event.status_code,
        reason_phrase: event.reason_phrase.map(|reason| reason.to_string()),
        reported_at: event.timestamp,
    };
    let is_meant = |current: &Current| *event.config_id == *current.configuration.id;
    let kept = configurations.report(&app_version, &endpoint, report, is_meant).await?;
    if kept == 0 {
        tracing::debug!(%endpoint, config_id = %event.config_id, "a report of a configuration that is not current");
    }
    Ok(())
}

/// The same as the first platform reported it.
#[listener(ignore_own)]
pub(crate) async fn version_applied(
    Event(event): Event<cmx2cdp::Updated>,
    State(configurations): State<Configurations>,
) -> Result<(), Failure> {
    let Place { app_version, endpoint: Some(endpoint), .. } =
        place(&event.app_version_token, &event.endpoint_id, None)?
    else {
        return Ok(());
    };
    let report = Applied {
        config_id: String::new(),
        status_code: 200,
        reason_phrase: None,
        reported_at: event.event_timestamp,
    };
    let is_meant = |current: &Current| version(current) == Some(event.config_version);
    configurations.report(&app_version, &endpoint, report, is_meant).await?;
    Ok(())
}

/// The version 5/CMX2CDP knows a configuration by; `None` past 2^31.
pub(crate) fn version(current: &Current) -> Option<i32> {
    current.revision.try_into().ok()
}

/// What 5/CMX2CDP calls a media type.
pub(crate) fn format(content_type: &str) -> &str {
    if content_type == "application/json" { "json" } else { content_type }
}

async fn find(configurations: &Configurations, place: &Place) -> Result<Current, Failure> {
    if let Some(endpoint) = &place.endpoint
        && let Err(error) = configurations.remember(&place.app_version, endpoint).await
    {
        // It gets its answer all the same, and is not told of changes until this has worked.
        tracing::warn!(%endpoint, "it is not kept that an endpoint has asked: {error}");
    }
    let current = configurations.effective(place).await?;
    current.ok_or_else(|| match &place.name {
        Some(name) => Failure::not_found(format!("there is no configuration {name:?} for this endpoint")),
        None => Failure::not_found("there is no configuration for this endpoint"),
    })
}

fn place(app_version: &str, endpoint: &str, name: Option<&str>) -> Result<Place, Failure> {
    let malformed = |error: &dyn std::fmt::Display| Failure::bad_request(error.to_string());
    Ok(Place {
        app_version: app_version.parse().map_err(|error| malformed(&error))?,
        endpoint: Some(endpoint.parse().map_err(|error| malformed(&error))?),
        name: name.map(str::parse).transpose().map_err(|error| malformed(&error))?,
    })
}
