//! The REST port: what arrived, for people and programs.

mod answers;
mod question;

use std::sync::Arc;

use axum::extract::State;
use kaa_ext::ReplyError;
use kaa_ext::rest::{Api, Json, Path, Problem, Query, routes};

use crate::buckets::Bucket;
use crate::store::{EndpointSummary, Points, Samples, Store, StoreError};
use crate::tally::{Counts, Tally};
use answers::{EndpointList, SampleList, SeriesList, SeriesPoints};
use question::{PageQuery, PointsQuery, SamplesQuery};

#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tally: Arc<Tally>,
}

pub(crate) fn api(served: Served) -> Api {
    Api::new()
        .routes(routes!(endpoints))
        .routes(routes!(series))
        .routes(routes!(points))
        .routes(routes!(samples))
        .routes(routes!(counts))
        .with_state(served)
}

/// The endpoints that sent samples.
#[utoipa::path(get, path = "/endpoints", params(PageQuery),
    responses((status = 200, body = EndpointList), (status = 400, body = Problem), (status = 503, body = Problem)))]
async fn endpoints(
    State(served): State<Served>,
    Query(page): Query<PageQuery>,
) -> Result<Json<EndpointList>, Problem> {
    let limit = page.limit;
    let endpoints: Vec<EndpointSummary> = served.store.endpoints(page.page()).await?;
    let next = limit.next(&endpoints, |last| last.endpoint_id.clone());
    Ok(Json(EndpointList { endpoints, next }))
}

/// The series of an endpoint.
#[utoipa::path(get, path = "/endpoints/{id}/series", params(("id" = String, Path, description = "Endpoint ID"), PageQuery),
    responses((status = 200, body = SeriesList), (status = 400, body = Problem), (status = 503, body = Problem)))]
async fn series(
    State(served): State<Served>,
    Path(endpoint): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<SeriesList>, Problem> {
    let limit = page.limit;
    let series = served.store.series(endpoint, page.page()).await?;
    let next = limit.next(&series, Clone::clone);
    Ok(Json(SeriesList { series, next }))
}

/// The points of a series, downsampled.
#[utoipa::path(get, path = "/endpoints/{id}/series/{name}",
    params(("id" = String, Path, description = "Endpoint ID"), ("name" = String, Path, description = "Series"), PointsQuery),
    responses((status = 200, body = SeriesPoints), (status = 400, body = Problem), (status = 503, body = Problem)))]
async fn points(
    State(served): State<Served>,
    Path((endpoint, series)): Path<(String, String)>,
    Query(query): Query<PointsQuery>,
) -> Result<Json<SeriesPoints>, Problem> {
    let (from, to) = question::span(query.from, query.to)?;
    let every = query.every()?;
    let points: Vec<Bucket> = served.store.points(Points { endpoint, series, from, to, every }).await?;
    Ok(Json(SeriesPoints { every: every.get(), points }))
}

/// The samples of an endpoint, as they came.
#[utoipa::path(get, path = "/endpoints/{id}/samples", params(("id" = String, Path, description = "Endpoint ID"), SamplesQuery),
    responses((status = 200, body = SampleList), (status = 400, body = Problem), (status = 503, body = Problem)))]
async fn samples(
    State(served): State<Served>,
    Path(endpoint): Path<String>,
    Query(query): Query<SamplesQuery>,
) -> Result<Json<SampleList>, Problem> {
    let (from, to) = question::span(query.from, query.to)?;
    let limit = query.limit.get();
    let (from, after) = query.after()?.unwrap_or((from, -1));
    let stored = served.store.samples(Samples { endpoint, from, after, to, limit }).await?;
    Ok(Json(SampleList::of(stored, query.limit)))
}

/// What this replica did since it started.
#[utoipa::path(get, path = "/counts", responses((status = 200, body = Counts)))]
async fn counts(State(served): State<Served>) -> Json<Counts> {
    Json(served.tally.counts())
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::of(error.status().code(), &error)
    }
}
