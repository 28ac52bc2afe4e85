//! A batch as the parameters of one statement.

use std::collections::BTreeMap;

use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

use super::session::Session;
use crate::batch::Batch;
use crate::store::Inserted;

const INSERT: &str = include_str!("insert.sql");

impl Session {
    /// One round trip and one transaction: all of the batch or nothing.
    pub(super) async fn insert(&mut self, batch: &Batch) -> Result<Inserted, Error> {
        let Columns { times, contents, names, points } = Columns::of(batch);
        let statement = self.statement(INSERT).await?;
        let parameters: [&(dyn ToSql + Sync); 13] = [
            &batch.endpoint.as_str(),
            &batch.app_version.as_str(),
            &batch.sent,
            &batch.correlation_id,
            &batch.digest.as_slice(),
            &batch.content_type,
            &times,
            &contents,
            &names,
            &points.series,
            &points.times,
            &points.samples,
            &points.values,
        ];
        let new: i64 = self.client().query_one(&statement, &parameters).await?.try_get(0)?;
        Ok(if new == 1 { Inserted::New } else { Inserted::Known })
    }
}

/// What the statement takes apart again: columns instead of rows.
struct Columns<'b> {
    times: Vec<i64>,
    contents: Vec<&'b [u8]>,
    /// The series, in the order of their bytes.
    names: Vec<&'b str>,
    points: Points,
}

/// Series and samples by their place, from 1.
#[derive(Default)]
struct Points {
    series: Vec<i32>,
    times: Vec<i64>,
    samples: Vec<i32>,
    values: Vec<f64>,
}

impl<'b> Columns<'b> {
    fn of(batch: &'b Batch) -> Self {
        let samples = &batch.samples;
        let names = samples.iter().flat_map(|sample| &sample.values).map(|(name, _)| (name.as_str(), 0));
        let mut places: BTreeMap<&str, i32> = names.collect();
        for (place, (_, known)) in (1..).zip(&mut places) {
            *known = place;
        }
        let mut points = Points::default();
        for (place, sample) in (1..).zip(samples) {
            for (name, value) in &sample.values {
                points.series.extend(places.get(name.as_str()));
                points.times.push(sample.time);
                points.samples.push(place);
                points.values.push(*value);
            }
        }
        Self {
            times: samples.iter().map(|sample| sample.time).collect(),
            contents: samples.iter().map(|sample| &*sample.content).collect(),
            names: places.into_keys().collect(),
            points,
        }
    }
}
