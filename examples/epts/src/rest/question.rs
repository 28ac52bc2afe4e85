//! The parameters of questions, and what is wrong with them.

use std::num::NonZeroU64;

use kaa_ext::rest::{Limit, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::store::Page;

/// A part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// `next` of the answer before.
    #[serde(default)]
    after: String,
    /// At most so many: 1 to 1000, 100 if not said.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub(super) limit: Limit,
}

impl PageQuery {
    pub(super) fn page(self) -> Page {
        Page { after: self.after, limit: self.limit.get() }
    }
}

/// Points of a stretch of time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PointsQuery {
    /// From this time on, in Unix milliseconds.
    pub(super) from: Option<i64>,
    /// Before this time, in Unix milliseconds.
    pub(super) to: Option<i64>,
    /// The length of a bucket, such as `1m`; without it 1ms, the finest there is.
    every: Option<String>,
}

impl PointsQuery {
    pub(super) fn every(&self) -> Result<NonZeroU64, Problem> {
        let Some(text) = &self.every else { return Ok(NonZeroU64::MIN) };
        let duration = kaa_ext::settings::duration::parse(text);
        let milliseconds =
            duration.and_then(|duration| NonZeroU64::new(duration.as_millis().try_into().ok()?));
        milliseconds.ok_or_else(|| {
            Problem::bad_request(format!(
                "every={text:?} is none; expected a duration such as 500ms, 1m or 1h"
            ))
        })
    }
}

/// Samples of a stretch of time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SamplesQuery {
    /// From this time on, in Unix milliseconds.
    pub(super) from: Option<i64>,
    /// Before this time, in Unix milliseconds.
    pub(super) to: Option<i64>,
    /// At most so many: 1 to 1000, 100 if not said.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub(super) limit: Limit,
    /// `next` of the answer before; takes the place of `from`.
    after: Option<String>,
}

impl SamplesQuery {
    pub(super) fn after(&self) -> Result<Option<(i64, i64)>, Problem> {
        let Some(text) = &self.after else { return Ok(None) };
        let parsed = text.split_once('-').and_then(|(time, id)| Some((time.parse().ok()?, id.parse().ok()?)));
        parsed.map(Some).ok_or_else(|| {
            Problem::bad_request(format!("after={text:?} is none; expected `next` of an answer"))
        })
    }
}

pub(super) fn span(from: Option<i64>, to: Option<i64>) -> Result<(i64, i64), Problem> {
    let (from, to) = (from.unwrap_or(0), to.unwrap_or(i64::MAX));
    if from < 0 || from >= to {
        let what =
            format!("from={from}, to={to} is no stretch of time; expected Unix milliseconds, 0 <= from < to");
        return Err(Problem::bad_request(what));
    }
    Ok((from, to))
}
