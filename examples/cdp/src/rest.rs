//! The REST port: configurations in and out, and what became of them.
//!
//! | file | what it does |
//! |---|---|
//! | `configurations` | set, get and delete one |
//! | `listing` | which ones there are, and what endpoints reported |
//! | `precondition` | `If-Match`, `If-None-Match`, `ETag` |

mod configurations;
mod listing;
mod precondition;

use axum::http::StatusCode;
use kaa_ext::prelude::*;
use kaa_ext::rest::{Api, Problem, routes};

use crate::changed::Changed;
use crate::configuration::ContentError;
use crate::configurations::{Configurations, WriteError};
use crate::store::StoreError;

/// What the routes work on.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) configurations: Configurations,
    pub(crate) changed: Changed,
}

pub(crate) fn api(desk: Desk) -> Api {
    Api::new()
        .routes(routes!(
            configurations::get_for_all,
            configurations::put_for_all,
            configurations::delete_for_all
        ))
        .routes(routes!(
            configurations::get_for_one,
            configurations::put_for_one,
            configurations::delete_for_one
        ))
        .routes(routes!(listing::list))
        .routes(routes!(listing::applied))
        .with_state(desk)
}

/// A name of the path or the query.
fn name<T>(text: &str) -> Result<T, Problem>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| Problem::bad_request(error.to_string()))
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unstored(error: StoreError) -> Problem {
    Problem::of(error.status().code(), &error)
}

fn unwritten(error: WriteError) -> Problem {
    match error {
        WriteError::Precondition => Problem::new(StatusCode::PRECONDITION_FAILED, error.to_string()),
        WriteError::Unknown => Problem::not_found(error.to_string()),
        WriteError::Store(error) => unstored(error),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unusable(error: ContentError) -> Problem {
    let status = match error {
        ContentError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ContentError::Type(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ContentError::Json(_) | ContentError::Utf8(_) => StatusCode::BAD_REQUEST,
    };
    Problem::new(status, error.to_string())
}
