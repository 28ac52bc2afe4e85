//! Answers as callers see them.

use data_encoding::BASE64;
use kaa_ext::rest::Limit;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::buckets::Bucket;
use crate::store::{EndpointSummary, LARGEST, StoredSample};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EndpointList {
    pub(super) endpoints: Vec<EndpointSummary>,
    /// `after` of the question that goes on from here; not there at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeriesList {
    pub(super) series: Vec<String>,
    /// `after` of the question that goes on from here; not there at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeriesPoints {
    /// The length of a bucket, in milliseconds.
    pub(super) every: u64,
    /// The buckets that have points, in the order of time.
    pub(super) points: Vec<Bucket>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SampleList {
    samples: Vec<Sample>,
    /// `after` of the question that goes on from here; not there at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Sample {
    /// Its time, in Unix milliseconds.
    time: i64,
    correlation_id: String,
    /// Its place in the batch, from 0.
    index: i64,
    content_type: String,
    #[serde(flatten)]
    content: Content,
}

/// A sample as it came: JSON as JSON, and what is none as text or bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Content {
    #[schema(value_type = Object)]
    Json(Box<RawValue>),
    Text(String),
    Base64(String),
}

impl SampleList {
    pub(super) fn of(stored: Vec<StoredSample>, limit: Limit) -> Self {
        let name = |last: &StoredSample| format!("{}-{}", last.time, last.id);
        let bytes: usize = stored.iter().map(|sample| sample.content.len()).sum();
        let is_large = bytes >= LARGEST;
        let next = if is_large { stored.last().map(name) } else { limit.next(&stored, name) };
        Self { samples: stored.into_iter().map(Sample::of).collect(), next }
    }
}

impl Sample {
    fn of(stored: StoredSample) -> Self {
        let StoredSample { time, correlation_id, index, content_type, content, .. } = stored;
        let content = match String::from_utf8(content) {
            Err(bytes) => Content::Base64(BASE64.encode(bytes.as_bytes())),
            Ok(text) => match serde_json::from_str(&text) {
                Ok(json) => Content::Json(json),
                Err(_) => Content::Text(text),
            },
        };
        Self { time, correlation_id, index, content_type, content }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(lengths: &[usize]) -> Vec<StoredSample> {
        let sample = |(id, length): (i64, &usize)| StoredSample {
            id,
            time: 5,
            correlation_id: String::new(),
            index: 0,
            content_type: String::new(),
            content: vec![b'x'; *length],
        };
        (1..).zip(lengths).map(sample).collect()
    }

    #[test]
    fn a_list_that_has_so_many_bytes_goes_on() {
        for (length, next) in [(LARGEST - 2, None), (LARGEST - 1, Some("5-2")), (LARGEST, Some("5-2"))] {
            let list = SampleList::of(stored(&[1, length]), Limit::default());
            assert_eq!((list.samples.len(), list.next.as_deref()), (2, next), "{length}");
        }
    }
}
