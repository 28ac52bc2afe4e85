//! Events as JSON, one object on a line, with the names that tracing-subscriber gives them:
//!
//! ```text
//! {"timestamp":"…","level":"INFO","target":"dcx","fields":{"message":"serving"},"spans":[{"name":"request",…}]}
//! ```

use std::error::Error;
use std::fmt::{self, Debug, Write};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatFields, FormattedFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use super::escape::{Cut, FOR_EXPORTERS};
use crate::terminal::escaped_json;

/// Events as lines.
pub(super) fn lines<S>(
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .fmt_fields(Members)
        .event_format(Line)
}

struct Line;

impl<S> FormatEvent<S, Members> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Members>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let metadata = event.metadata();
        write!(
            writer,
            r#"{{"timestamp":"{timestamp}","level":"{}","target":{},"fields":"#,
            metadata.level(),
            Value::from(metadata.target())
        )?;
        write_object(&mut writer, &members(event))?;
        let spans = context.event_scope().map(|scope| {
            scope.from_root().map(|span| {
                let mut members = Map::from_iter([("name".to_owned(), span.name().into())]);
                if let Some(fields) = span.extensions().get::<FormattedFields<Members>>() {
                    members.extend(read(&fields.fields));
                }
                members
            })
        });
        let mut spans = spans.into_iter().flatten().peekable();
        if spans.peek().is_some() {
            for (number, span) in spans.enumerate() {
                writer.write_str(if number == 0 { r#","spans":["# } else { "," })?;
                write_object(&mut writer, &span)?;
            }
            writer.write_char(']')?;
        }
        writer.write_str("}\n")
    }
}

/// The fields of a span as an object, in the text that tracing-subscriber keeps with it.
struct Members;

impl<'writer> FormatFields<'writer> for Members {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        write_object(&mut writer, &members(fields))
    }

    fn add_fields(&self, current: &'writer mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let mut all = read(&current.fields);
        all.extend(members(fields));
        current.fields.clear();
        write_object(&mut current.as_writer(), &all)
    }
}

fn read(object: &str) -> Map<String, Value> {
    serde_json::from_str(object).unwrap_or_default()
}

fn members(fields: impl RecordFields) -> Map<String, Value> {
    let mut found = Found::default();
    fields.record(&mut found);
    found.0
}

/// Writes an object, with what a terminal would obey as escapes.
fn write_object(writer: &mut Writer<'_>, object: &Map<String, Value>) -> fmt::Result {
    let text = serde_json::to_string(object).map_err(|_| fmt::Error)?;
    writer.write_str(&escaped_json(&text))
}

#[derive(Default)]
struct Found(Map<String, Value>);

impl Found {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        if !field.name().starts_with(FOR_EXPORTERS) {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }

    fn add_text(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let mut text = String::new();
        let mut cut = Cut::new(&mut text);
        // Texts take everything; what fails is the formatting of a value, and as much as it wrote is there.
        let _ = cut.write_fmt(value);
        let _ = cut.end();
        self.add(field, text);
    }
}

impl Visit for Found {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add_text(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add_text(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }
}
