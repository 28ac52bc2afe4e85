//! Which configurations there are, and what endpoints reported of theirs.

use axum::extract::State;
use kaa_ext::rest::{Json, Limit, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Desk, name, unstored};
use crate::applied::Applied;
use crate::place::Place;

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only those of one application version and its endpoints.
    app_version: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 1000; 100 when it is left out.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

/// A page of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page {
    configurations: Vec<Listed>,
    /// `after` for the next page; nothing at the end.
    next: Option<String>,
}

/// Whose configuration it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Listed {
    app_version: String,
    /// Nothing for all endpoints of the application version.
    endpoint: Option<String>,
    name: Option<String>,
}

/// What an endpoint reported of one of its configurations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    name: Option<String>,
    /// Whether that is the configuration it is to have now.
    is_current: bool,
    #[serde(flatten)]
    applied: Applied,
}

/// Which configurations there are, in pages.
#[utoipa::path(get, path = "/configs", params(Part),
    responses((status = 200, body = Page), (status = 400, body = Problem)))]
pub(super) async fn list(State(desk): State<Desk>, Query(part): Query<Part>) -> Result<Json<Page>, Problem> {
    if part.after.as_deref().is_some_and(|after| Place::of(after).is_none()) {
        return Err(Problem::bad_request("after has to be `next` of the page before"));
    }
    let app_version = part.app_version.as_deref().map(name).transpose()?;
    let limit = part.limit.get() as usize;
    let found = desk.configurations.list(app_version.as_ref(), part.after.as_deref(), limit).await;
    let places = found.map_err(unstored)?;
    let next = part.limit.next(&places, Place::key);
    let configurations = places.into_iter().map(|place| Listed {
        app_version: place.app_version.to_string(),
        endpoint: place.endpoint.map(|endpoint| endpoint.to_string()),
        name: place.name.map(|name| name.to_string()),
    });
    Ok(Json(Page { configurations: configurations.collect(), next }))
}

/// What an endpoint reported of its configurations.
#[utoipa::path(get, path = "/app-versions/{app_version}/endpoints/{endpoint}/applied",
    params(("app_version" = String, Path), ("endpoint" = String, Path)),
    responses((status = 200, body = Vec<Report>), (status = 400, body = Problem)))]
pub(super) async fn applied(
    State(desk): State<Desk>,
    Path((app_version, endpoint)): Path<(String, String)>,
) -> Result<Json<Vec<Report>>, Problem> {
    let (app_version, endpoint) = (name(&app_version)?, name(&endpoint)?);
    let mut reports = Vec::new();
    for (name, applied) in desk.configurations.applied(&app_version, &endpoint).await.map_err(unstored)? {
        let place = Place { app_version: app_version.clone(), endpoint: Some(endpoint.clone()), name };
        let current = desk.configurations.effective(&place).await.map_err(unstored)?;
        let is_current = current.is_some_and(|current| current.configuration.id == applied.config_id);
        reports.push(Report { name: place.name.map(|name| name.to_string()), is_current, applied });
    }
    Ok(Json(reports))
}
