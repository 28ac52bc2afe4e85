//! Figures that are read when somebody asks for them, for a [`Registry`](prometheus_client::registry::Registry).
//!
//! What counts keeps counting in its own way; a scrape takes a snapshot.
//!
//! ```
//! use kaa_process::metrics;
//! use prometheus_client::encoding::text::encode;
//! use prometheus_client::registry::Registry;
//!
//! let mut registry = Registry::default();
//! registry.register_collector(metrics::counters("kaa_kpc_relay", || {
//!     [("requests", "Requests made, whatever became of them.", 7), ("late", "Answers that came late.", 1)]
//! }));
//! registry.register_collector(metrics::gauge("kaa_kpc_connections", "Connections of devices.", || 3_usize));
//!
//! let mut text = String::new();
//! encode(&mut text, &registry)?;
//! assert!(text.contains("# TYPE kaa_kpc_relay_requests counter\nkaa_kpc_relay_requests_total 7\n"));
//! assert!(text.contains("# TYPE kaa_kpc_connections gauge\nkaa_kpc_connections 3\n"));
//! # Ok::<(), std::fmt::Error>(())
//! ```

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Counters, each with its name and what it says, exported as `<prefix>_<name>_total`.
///
/// `read` takes the snapshot, such as `relay.counters().each()`. The names are parts of a metric's name:
/// ASCII letters, digits and `_`.
pub fn counters<I>(prefix: &'static str, read: impl Fn() -> I + Send + Sync + 'static) -> Box<dyn Collector>
where
    I: IntoIterator<Item = (&'static str, &'static str, u64)> + 'static,
{
    Box::new(Counters { prefix, read })
}

/// One figure that goes up and down: a `usize`, a `u64`, an `i64`, ….
pub fn gauge<N: TryInto<i64> + 'static>(
    name: &'static str,
    help: &'static str,
    read: impl Fn() -> N + Send + Sync + 'static,
) -> Box<dyn Collector> {
    // What is too large to be told is told as very large.
    let read = move || read().try_into().unwrap_or(i64::MAX);
    Box::new(Gauge { name, help, read })
}

struct Counters<F> {
    prefix: &'static str,
    read: F,
}

impl<F, I> Collector for Counters<F>
where
    F: Fn() -> I + Send + Sync + 'static,
    I: IntoIterator<Item = (&'static str, &'static str, u64)> + 'static,
{
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, value) in (self.read)() {
            let (name, counter) = (format!("{}_{name}", self.prefix), ConstCounter::new(value));
            let metric = encoder.encode_descriptor(
                &name,
                &one_line(help),
                None,
                EncodeMetric::metric_type(&counter),
            )?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

impl<F> fmt::Debug for Counters<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

struct Gauge<F> {
    name: &'static str,
    help: &'static str,
    read: F,
}

impl<F: Fn() -> i64 + Send + Sync + 'static> Collector for Gauge<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let gauge = ConstGauge::new((self.read)());
        let metric = encoder.encode_descriptor(self.name, &one_line(self.help), None, gauge.metric_type())?;
        gauge.encode(metric)
    }
}

impl<F> fmt::Debug for Gauge<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gauge").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Help as OpenMetrics has it: a doc comment has its line breaks and the space after `///` still in it.
fn one_line(help: &str) -> String {
    help.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', r"\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    fn text(collector: Box<dyn Collector>) -> String {
        let mut registry = Registry::default();
        registry.register_collector(collector);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn counters_are_read_anew_with_every_scrape() {
        let count = Arc::new(AtomicU64::new(1));
        let mut registry = Registry::default();
        registry.register_collector(counters("kaa", {
            let count = Arc::clone(&count);
            move || [("requests", "Requests.", count.load(Ordering::Relaxed))]
        }));
        for value in [1, u64::MAX] {
            count.store(value, Ordering::Relaxed);
            let mut text = String::new();
            encode(&mut text, &registry).unwrap();
            let expected = format!(
                "# HELP kaa_requests Requests.\n# TYPE kaa_requests counter\nkaa_requests_total {value}\n# EOF\n"
            );
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_gauge_may_be_negative() {
        let text = text(gauge("kaa_balance", "A balance.", || -2_i64));
        assert_eq!(text, "# HELP kaa_balance A balance.\n# TYPE kaa_balance gauge\nkaa_balance -2\n# EOF\n");
    }

    #[test]
    fn a_doc_comment_is_help() {
        let text = text(gauge("a", concat!(" Of two", " lines,\n with \"quotes\" and \\."), || 0_u64));
        assert!(text.starts_with("# HELP a Of two lines, with \\\"quotes\\\" and \\\\.\n"), "{text}");
    }
}
