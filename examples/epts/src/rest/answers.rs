//! Answers as callers see them.

use data_encoding::BASE64;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::buckets::Bucket;
use crate::store::{EndpointSummary, StoredSample};

/// How many bytes of samples one answer has, if it has more than one sample.
const LARGEST: usize = 8 * 1024 * 1024;

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
    pub(super) fn of(stored: Vec<StoredSample>, limit: u32) -> Self {
        let is_full = u32::try_from(stored.len()).is_ok_and(|length| length == limit);
        let mut list = Self { samples: Vec::with_capacity(stored.len()), next: None };
        let (mut bytes, mut last) = (0, None);
        for sample in stored {
            bytes += sample.content.len();
            if last.is_some() && bytes > LARGEST {
                list.next = last;
                return list;
            }
            last = Some(format!("{}-{}", sample.time, sample.id));
            list.samples.push(Sample::of(sample));
        }
        list.next = last.filter(|_| is_full);
        list
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
    fn an_answer_has_so_many_bytes_and_the_next_one_goes_on() {
        for (second, samples, next) in
            [(LARGEST / 2 - 1, 2, None), (LARGEST / 2, 2, None), (LARGEST / 2 + 1, 1, Some("5-1"))]
        {
            let list = SampleList::of(stored(&[LARGEST / 2, second]), 100);
            assert_eq!((list.samples.len(), list.next.as_deref()), (samples, next), "{second}");
        }
    }

    #[test]
    fn a_sample_that_is_larger_than_an_answer_is_one() {
        let list = SampleList::of(stored(&[LARGEST + 1, 0]), 100);
        assert_eq!((list.samples.len(), list.next.as_deref()), (1, Some("5-1")));
        let list = SampleList::of(stored(&[LARGEST + 1]), 100);
        assert_eq!((list.samples.len(), list.next.as_deref()), (1, None));
    }

    #[test]
    fn a_list_that_is_full_goes_on_and_one_that_is_not_ends() {
        assert_eq!(SampleList::of(stored(&[1, 1]), 2).next.as_deref(), Some("5-2"));
        assert_eq!(SampleList::of(stored(&[1, 1]), 3).next, None);
        assert_eq!(SampleList::of(stored(&[]), 3).next, None);
    }
}
