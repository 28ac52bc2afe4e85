//! Logs on standard error, safe to look at.

mod escape;

use std::io::{IsTerminal, stderr};

use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Logs what `RUST_LOG` asks for (default `info`) to standard error. Has no effect when the program logs
/// already.
///
/// Every event is one line, and nothing in it can move the cursor or change a colour: control characters in
/// messages and fields are written as escapes.
pub fn log_to_stderr() {
    log_to_stderr_from(Level::INFO, &[]);
}

/// The same for a program that says what goes on elsewhere: `usual` is what holds when `RUST_LOG` says nothing,
/// except for the modules in `others`, such as `("kaa_bus", Level::ERROR)`.
pub fn log_to_stderr_from(usual: Level, others: &[(&str, Level)]) {
    let wanted = std::env::var("RUST_LOG").ok();
    let filter = wanted.as_deref().and_then(|text| text.parse::<Targets>().ok());
    let is_wrong = wanted.is_some() && filter.is_none();
    // The connection's own news are repeated by kaa-bus where they matter.
    let defaults = || {
        let usual = Targets::new().with_default(usual).with_target("async_nats", LevelFilter::WARN);
        others.iter().fold(usual, |targets, (module, level)| targets.with_target(*module, *level))
    };
    let lines = lines(stderr, wants_colours(&stderr()));
    // An error says that the program logs already: then its way of logging holds.
    let _ = tracing_subscriber::registry().with(filter.unwrap_or_else(defaults)).with(lines).try_init();
    if is_wrong {
        tracing::warn!(
            "RUST_LOG={wanted:?} is not valid, so `{usual}` holds; expected `info,kaa_ext=debug` or the like"
        );
    }
}

/// Whether what is written there may be coloured: it is a terminal, and `NO_COLOR` is not set or empty.
pub fn wants_colours(output: &impl IsTerminal) -> bool {
    output.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Events as lines.
fn lines<S>(
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    is_coloured: bool,
) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(is_coloured).fmt_fields(escape::fields())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;

    use super::*;

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

    /// What is written while this is done.
    pub(crate) fn logged(is_coloured: bool, log: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::registry().with(lines(move || writer.clone(), is_coloured));
        with_default(subscriber, log);
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

    #[test]
    fn hostile_text_reaches_the_terminal_as_escapes_wherever_it_stands() {
        let all: String = (0..=0x9f).filter_map(char::from_u32).collect();
        for is_terminal in [false, true] {
            let line = logged(is_terminal, || {
                let _span = tracing::error_span!("span", display = %all, debug = ?all, text = all).entered();
                tracing::error!(display = %all, debug = ?all, text = all, error = %Hostile, ?Hostile, "{all}");
                tracing::error!("{}", all);
                tracing::error!(error = &Hostile as &dyn std::error::Error);
            });
            // What is left is what the formatter writes itself: colours on a terminal, and the end of a line.
            let ours = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[3m", "\u{1b}[31m"];
            let rest = ours.iter().fold(line, |rest, code| rest.replace(code, ""));
            assert_eq!(rest.matches('\n').count(), 3, "one line for each event: {rest:?}");
            assert!(!rest.replace('\n', "").contains(char::is_control), "{rest:?}");
            assert!(rest.contains("a\\u{1b}]0;title\\u{7}\\nb"), "{rest}");
        }
    }
}
