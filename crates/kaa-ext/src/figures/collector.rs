//! The figures as `/metrics` shows them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::histogram::Snapshot;
use super::slot::NAMES;
use super::{Figures, Labels, SLOTS};

/// Shows the figures of all shards together.
pub(crate) fn collector(shards: Vec<Arc<Figures>>) -> Box<dyn Collector> {
    Box::new(Figured(shards))
}

#[derive(Debug)]
struct Figured(Vec<Arc<Figures>>);

/// The sums of one function. Functions with the same labels are one.
#[derive(Default)]
struct Sum {
    ended: [u64; SLOTS],
    in_line: Snapshot,
    at_once: Snapshot,
    waited: Snapshot,
    in_all: Snapshot,
}

impl Figured {
    fn sums(&self) -> BTreeMap<Labels, Sum> {
        let mut sums = BTreeMap::<_, Sum>::new();
        for figures in self.0.iter().flat_map(|shard| shard.all()) {
            let sum = sums.entry(figures.labels).or_default();
            for (ended, more) in sum.ended.iter_mut().zip(figures.ended()) {
                *ended = ended.saturating_add(more);
            }
            sum.in_line.add(&figures.in_line.snapshot());
            sum.at_once.add(&figures.at_once.snapshot());
            sum.waited.add(&figures.waited.snapshot());
            sum.in_all.add(&figures.in_all.snapshot());
        }
        sums
    }
}

/// A family of histograms: its name, what it says, and which of the sums it shows, with one more label.
type Family = (&'static str, &'static str, &'static [(&'static str, fn(&Sum) -> &Snapshot)]);

/// A gauge: its name, what it says, and where it stands.
type Gauge = (&'static str, &'static str, fn(&Figures) -> usize);

const FAMILIES: [Family; 3] = [
    (
        "kaa_ext_handler_seconds",
        "How long handlers took, from the start of the handler to its reply. Of those that did not have to wait \
         (waited=no) one in 64 is timed, of the others (waited=yes) every one.",
        &[("no", |sum| &sum.at_once), ("yes", |sum| &sum.waited)],
    ),
    (
        "kaa_ext_line_seconds",
        "How long messages stood in line behind others of their endpoint before their handler started. Only those \
         that did are counted.",
        &[("yes", |sum| &sum.in_line)],
    ),
    (
        "kaa_ext_message_seconds",
        "How long messages took in all whose handlers had to wait, from their arrival to their answer.",
        &[("yes", |sum| &sum.in_all)],
    ),
];

impl Collector for Figured {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let sums = self.sums();
        let mut handled = encoder.encode_descriptor(
            "kaa_ext_handled",
            "Messages by the function they reached and the status they ended with. What reached none (refused, or \
             for a path that no resource has) is of the kind none.",
            None,
            MetricType::Counter,
        )?;
        for (labels, sum) in &sums {
            for ((index, status), ended) in NAMES.into_iter().enumerate().zip(sum.ended) {
                // The first is always there, so that a function is seen before it has done anything.
                if ended > 0 || index == 0 {
                    handled
                        .encode_family(&labels.and(("status", status)))?
                        .encode_counter::<NoLabelSet, u64, u64>(&ended, None)?;
                }
            }
        }
        for (name, help, parts) in FAMILIES {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
            for (labels, sum) in &sums {
                for (waited, snapshot) in parts {
                    histogram(&mut family, labels, waited, snapshot(sum))?;
                }
            }
        }
        let gauges: [Gauge; 2] = [
            ("kaa_ext_waiting", "Handlers that wait.", |figures| figures.waiting.load(Relaxed)),
            (
                "kaa_ext_sessions_pinned",
                "Sessions that are pinned to this replica and held by somebody.",
                |figures| figures.pinned.load(Relaxed),
            ),
        ];
        for (name, help, read) in gauges {
            let sum: usize = self.0.iter().map(|shard| read(shard)).sum();
            let sum = i64::try_from(sum).unwrap_or(i64::MAX);
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&sum)?;
        }
        Ok(())
    }
}

fn histogram(
    family: &mut MetricEncoder<'_>,
    labels: &Labels,
    waited: &'static str,
    snapshot: &Snapshot,
) -> fmt::Result {
    let count = snapshot.count();
    if count == 0 {
        return Ok(());
    }
    let labels = labels.and(("waited", waited));
    let mut metric = family.encode_family(&labels)?;
    metric.encode_histogram::<NoLabelSet>(snapshot.seconds(), count, &snapshot.buckets(), None)
}
