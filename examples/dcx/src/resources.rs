//! The paths devices send samples to.

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::dcp::plain_sample;

use crate::collector::{Batch, Collector, Source};

/// A batch of samples, or one.
#[resource("/json")]
pub(crate) async fn json(
    Batch(samples): Batch,
    source: Source,
    State(collector): State<Arc<Collector>>,
) -> Result<(), Failure> {
    Ok(collector.collect(source, samples.iter().collect()).await?)
}

/// A number, with its unit directly behind it if it has one.
#[resource("/plain/{metric}")]
pub(crate) async fn plain(
    metric: String,
    Payload(payload): Payload,
    source: Source,
    State(collector): State<Arc<Collector>>,
) -> Result<(), Failure> {
    let sample = plain_sample(&metric, &payload)?;
    Ok(collector.collect(source, [&*sample].into_iter().collect()).await?)
}
