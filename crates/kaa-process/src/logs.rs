//! Logs on standard error, safe to look at.

mod escape;
mod json;

use std::io::stderr;

use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

pub use crate::terminal::wants_colours;
use crate::trace::Export;

/// Logs what `RUST_LOG` asks for (default `info`) to standard error, as text, or as JSON with `LOG_FORMAT=json`. Has
/// no effect when the program logs already.
///
/// Every event is one line, and nothing in it can move the cursor or change a colour: control characters in
/// messages and fields are written as escapes, and a text that is longer than 16 KiB is cut.
pub fn log_to_stderr() {
    start(Level::INFO, &[], None);
}

/// The same, and sends the spans of requests to a collector.
pub fn log_to_stderr_and(export: Option<&Export>) {
    start(Level::INFO, &[], export);
}

/// The same for a program that says what goes on elsewhere: `usual` is what holds when `RUST_LOG` says nothing,
/// except for the modules in `others`, such as `("kaa_bus", Level::ERROR)`.
pub fn log_to_stderr_from(usual: Level, others: &[(&str, Level)]) {
    start(usual, others, None);
}

fn start(usual: Level, others: &[(&str, Level)], export: Option<&Export>) {
    let wanted = std::env::var("RUST_LOG").ok();
    let filter = wanted.as_deref().and_then(|text| text.parse::<Targets>().ok());
    let is_wrong = wanted.is_some() && filter.is_none();
    // The connection's own news are repeated by kaa-bus where they matter.
    let defaults = || {
        let usual = Targets::new().with_default(usual).with_target("async_nats", LevelFilter::WARN);
        others.iter().fold(usual, |targets, (module, level)| targets.with_target(*module, *level))
    };
    let format = std::env::var("LOG_FORMAT").ok();
    let is_json = format.as_deref() == Some("json");
    // One of them: a layer that is not there takes nothing.
    let text = (!is_json).then(|| lines(stderr, wants_colours(&stderr())));
    let json = is_json.then(|| json::lines(stderr));
    // Of the client of NATS, what is below this level is whole messages, with whatever secrets they carry.
    let no_messages = Targets::new().with_default(Level::TRACE).with_target("async_nats", Level::DEBUG);
    let filter = filter.unwrap_or_else(defaults).and(no_messages);
    let logs = Layer::and_then(text, json).with_filter(filter);
    // An error says that the program logs already: then its way of logging holds.
    let _ = tracing_subscriber::registry().with(logs).with(export.map(Export::layer)).try_init();
    if let Some(format) = format.filter(|format| !matches!(format.as_str(), "json" | "text")) {
        tracing::warn!("LOG_FORMAT={format:?} is not valid, so `text` holds; expected `text` or `json`");
    }
    if is_wrong {
        tracing::warn!(
            "RUST_LOG={wanted:?} is not valid, so `{usual}` holds; expected `info,kaa_ext=debug` or the like"
        );
    }
}

/// Events as lines.
fn lines<S>(
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    is_coloured: bool,
) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // Where a line cannot be written, there is nobody to tell that either: the attempt would be a panic.
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).log_internal_errors(false);
    layer.with_ansi(is_coloured).fmt_fields(escape::fields())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing_subscriber::Registry;
    use tracing_subscriber::fmt::writer::BoxMakeWriter;

    use super::*;
    use crate::terminal::is_hostile;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written as text while this is done.
    pub(crate) fn logged(is_coloured: bool, log: impl FnOnce()) -> String {
        written(|writer| Box::new(lines(writer, is_coloured)), log)
    }

    /// The same as JSON.
    pub(crate) fn logged_as_json(log: impl FnOnce()) -> String {
        written(|writer| Box::new(json::lines(writer)), log)
    }

    fn written(
        layer: impl FnOnce(BoxMakeWriter) -> Box<dyn Layer<Registry> + Send + Sync>,
        log: impl FnOnce(),
    ) -> String {
        let written = Written::default();
        let writer = written.clone();
        let layer = layer(BoxMakeWriter::new(move || writer.clone()));
        with_default(tracing_subscriber::registry().with(layer), log);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[derive(Debug, thiserror::Error)]
    #[error("a\u{1b}]0;title\u{7}\nb")]
    struct Hostile;

    #[test]
    fn an_event_is_a_line_with_its_fields() {
        let line = logged(false, || tracing::info!(port = 1883, who = "kpc", "it \"listens\""));
        assert!(
            line.ends_with(" INFO kaa_process::logs::tests: it \"listens\" port=1883 who=\"kpc\"\n"),
            "{line}"
        );
    }

    /// What strangers may write: every control character, what else breaks lines or turns text around, and what looks
    /// like an event.
    fn hostile() -> String {
        let controls = (0..=0x9f).chain([0x61c, 0x2028, 0x2029, 0x202e, 0xfeff]).filter_map(char::from_u32);
        controls.collect::<String>() + "\r\n2026-01-01T00:00:00Z ERROR kaa: forged\n{\"level\":\"ERROR\"}"
    }

    /// Logs hostile text wherever text can stand.
    fn log_everywhere(text: &str) {
        let span =
            tracing::error_span!("span", display = %text, debug = ?text, text, later = tracing::field::Empty);
        span.record("later", text);
        let _span = span.entered();
        tracing::error!(display = %text, debug = ?text, text, error = %Hostile, ?Hostile, "{text}");
        tracing::error!("{}", text);
        tracing::error!(error = &Hostile as &dyn std::error::Error);
        tracing::error!(bytes = ?text.as_bytes(), "{}", String::from_utf8_lossy(b"\xff\xfe\n"));
    }

    #[test]
    fn hostile_text_reaches_the_terminal_as_escapes_wherever_it_stands() {
        for is_terminal in [false, true] {
            let line = logged(is_terminal, || log_everywhere(&hostile()));
            // What is left is what the formatter writes itself: colours on a terminal, and the end of a line.
            let ours = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[3m", "\u{1b}[31m"];
            let rest = ours.iter().fold(line, |rest, code| rest.replace(code, ""));
            assert_eq!(rest.matches('\n').count(), 4, "one line for each event: {rest:?}");
            assert!(!rest.replace('\n', "").contains(is_hostile), "{rest:?}");
            assert!(rest.contains("a\\u{1b}]0;title\\u{7}\\nb"), "{rest}");
        }
    }

    #[test]
    fn hostile_text_stays_a_value_in_json_and_is_the_same_there() {
        let hostile = hostile();
        let lines = logged_as_json(|| log_everywhere(&hostile));
        assert!(!lines.replace('\n', "").contains(is_hostile), "{lines:?}");
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        assert_eq!(lines.len(), 4);
        let first = &lines[0];
        assert_eq!(first["fields"]["message"], hostile.as_str());
        for field in ["display", "text"] {
            assert_eq!(first["fields"][field], hostile.as_str());
            assert_eq!(first["spans"][0][field], hostile.as_str());
        }
        assert_eq!(first["spans"][0]["later"], hostile.as_str());
        assert_eq!(first["fields"]["debug"], format!("{hostile:?}"));
        assert_eq!(first["level"], "ERROR");
        assert_eq!(lines[2]["fields"]["error"], Hostile.to_string());
    }

    #[test]
    fn a_text_of_a_mebibyte_is_cut_in_both_formats() {
        let long = format!("begins{}", "\u{85}é\n".repeat(1 << 18));
        for lines in [logged(false, || log_everywhere(&long)), logged_as_json(|| log_everywhere(&long))] {
            assert_eq!(lines.matches('\n').count(), 4);
            for line in lines.lines() {
                // A span and an event of a few fields each, each of them cut, and some characters are eight as escapes.
                assert!(line.len() < 10 * 4 * escape::LONGEST, "{}", line.len());
            }
            assert!(lines.contains("begins") && lines.contains(" bytes more)"));
        }
    }

    #[test]
    fn a_json_line_has_the_names_that_tools_know() {
        let lines = logged_as_json(|| {
            let _outer = tracing::info_span!("outer", n = 1).entered();
            let _inner = tracing::info_span!("inner", otel.kind = "server", is = true).entered();
            tracing::info!(port = 1883, ratio = 0.5, left = -1, who = "kpc", "it \"listens\"");
        });
        let mut line: serde_json::Value = serde_json::from_str(&lines).unwrap();
        let timestamp = line["timestamp"].take();
        assert!(timestamp.as_str().unwrap().ends_with('Z'), "{timestamp}");
        let expected = serde_json::json!({
            "timestamp": null,
            "level": "INFO",
            "target": "kaa_process::logs::tests",
            "fields": { "message": "it \"listens\"", "port": 1883, "ratio": 0.5, "left": -1, "who": "kpc" },
            "spans": [{ "name": "outer", "n": 1 }, { "name": "inner", "is": true }],
        });
        assert_eq!(line, expected);
    }
}
