//! One configuration: set, get, delete.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kaa_ext::rest::{Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use super::precondition::{condition, etag};
use super::{Desk, name, unstored, unusable, unwritten};
use crate::configuration::{Configuration, ContentError, MAX_CONTENT};
use crate::configurations::WriteError;
use crate::place::Place;
use crate::store::StoreError;

/// Which of several configurations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Named {
    /// The name of the configuration; left out for the one without a name.
    name: Option<String>,
}

/// The configuration of an application version.
#[utoipa::path(get, path = "/app-versions/{app_version}/config", params(("app_version" = String, Path), Named),
    responses((status = 200, description = "The content; `ETag` and `Config-Id` in the head"), (status = 404, body = Problem)))]
pub(super) async fn get_for_all(
    State(desk): State<Desk>,
    Path(app_version): Path<String>,
    Query(named): Query<Named>,
) -> Result<Response, Problem> {
    get(&desk, &place(&app_version, None, &named)?).await
}

/// Sets the configuration of an application version; durable when this is answered with 2xx.
#[utoipa::path(put, path = "/app-versions/{app_version}/config", params(("app_version" = String, Path), Named),
    request_body(content = String, description = "The content, 512 KiB at most, of the type in `Content-Type`"),
    responses((status = 201, description = "Made"), (status = 200, description = "Replaced"),
        (status = 400, body = Problem), (status = 412, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 503, body = Problem), (status = 507, body = Problem)))]
pub(super) async fn put_for_all(
    State(desk): State<Desk>,
    Path(app_version): Path<String>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    put(&desk, place(&app_version, None, &named)?, &headers, body).await
}

/// Deletes the configuration of an application version.
#[utoipa::path(delete, path = "/app-versions/{app_version}/config", params(("app_version" = String, Path), Named),
    responses((status = 204, description = "Deleted"), (status = 404, body = Problem), (status = 412, body = Problem)))]
pub(super) async fn delete_for_all(
    State(desk): State<Desk>,
    Path(app_version): Path<String>,
    Query(named): Query<Named>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    delete(&desk, place(&app_version, None, &named)?, &headers).await
}

/// The configuration of one endpoint, if it has one of its own.
#[utoipa::path(get, path = "/app-versions/{app_version}/endpoints/{endpoint}/config",
    params(("app_version" = String, Path), ("endpoint" = String, Path), Named),
    responses((status = 200, description = "The content; `ETag` and `Config-Id` in the head"), (status = 404, body = Problem)))]
pub(super) async fn get_for_one(
    State(desk): State<Desk>,
    Path((app_version, endpoint)): Path<(String, String)>,
    Query(named): Query<Named>,
) -> Result<Response, Problem> {
    get(&desk, &place(&app_version, Some(&endpoint), &named)?).await
}

/// Sets the configuration of one endpoint; durable when this is answered with 2xx.
#[utoipa::path(put, path = "/app-versions/{app_version}/endpoints/{endpoint}/config",
    params(("app_version" = String, Path), ("endpoint" = String, Path), Named),
    request_body(content = String, description = "The content, 512 KiB at most, of the type in `Content-Type`"),
    responses((status = 201, description = "Made"), (status = 200, description = "Replaced"),
        (status = 400, body = Problem), (status = 412, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 503, body = Problem), (status = 507, body = Problem)))]
pub(super) async fn put_for_one(
    State(desk): State<Desk>,
    Path((app_version, endpoint)): Path<(String, String)>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    put(&desk, place(&app_version, Some(&endpoint), &named)?, &headers, body).await
}

/// Deletes the configuration of one endpoint: that of its application version holds again.
#[utoipa::path(delete, path = "/app-versions/{app_version}/endpoints/{endpoint}/config",
    params(("app_version" = String, Path), ("endpoint" = String, Path), Named),
    responses((status = 204, description = "Deleted"), (status = 404, body = Problem), (status = 412, body = Problem)))]
pub(super) async fn delete_for_one(
    State(desk): State<Desk>,
    Path((app_version, endpoint)): Path<(String, String)>,
    Query(named): Query<Named>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    delete(&desk, place(&app_version, Some(&endpoint), &named)?, &headers).await
}

async fn get(desk: &Desk, place: &Place) -> Result<Response, Problem> {
    let current = desk.configurations.get(place).await.map_err(unstored)?;
    let current = current.ok_or_else(|| Problem::not_found("there is no such configuration"))?;
    let Configuration { id, content_type, content } = current.configuration;
    let head = [
        ("content-type", content_type),
        ("etag", etag(current.revision)),
        ("config-id", id),
        // What somebody else stored is not for a browser to run.
        ("x-content-type-options", "nosniff".to_owned()),
    ];
    Ok((head, content).into_response())
}

async fn put(desk: &Desk, place: Place, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    let condition = condition(headers)?;
    let content = to_bytes(body, MAX_CONTENT).await.map_err(|_| unusable(ContentError::TooLarge))?;
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let configuration = Configuration::new(content_type, content).map_err(unusable)?;
    let (configurations, at, id) = (desk.configurations.clone(), place.clone(), configuration.id.clone());
    let write = async move { configurations.put(&at, &configuration, &condition).await };
    let (revision, is_new) = written(desk, place, write).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [("etag", etag(revision)), ("config-id", id)]).into_response())
}

async fn delete(desk: &Desk, place: Place, headers: &HeaderMap) -> Result<StatusCode, Problem> {
    let (configurations, at, condition) = (desk.configurations.clone(), place.clone(), condition(headers)?);
    written(desk, place, async move { configurations.delete(&at, &condition).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes, and has the change announced. A caller that hangs up before the end must not leave a change that nobody
/// hears of, so both are done all the same.
async fn written<T: Send + 'static>(
    desk: &Desk,
    place: Place,
    write: impl Future<Output = Result<T, WriteError>> + Send + 'static,
) -> Result<T, Problem> {
    let changed = desk.changed.clone();
    let whole = tokio::spawn(async move {
        let written = write.await;
        // What could not be confirmed may be stored all the same.
        if matches!(written, Ok(_) | Err(WriteError::Store(StoreError::Unavailable(_)))) {
            changed.tell(place);
        }
        written
    });
    let broken_off = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the service broke off; try again");
    whole.await.map_err(broken_off)?.map_err(unwritten)
}

fn place(app_version: &str, endpoint: Option<&str>, named: &Named) -> Result<Place, Problem> {
    Ok(Place {
        app_version: name(app_version)?,
        endpoint: endpoint.map(name).transpose()?,
        name: named.name.as_deref().map(name).transpose()?,
    })
}
