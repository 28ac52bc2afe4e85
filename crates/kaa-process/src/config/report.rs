//! `--print-config`: every entry, its value, and where that comes from.

use std::fmt;
use std::io::{self, IsTerminal, Write as _};

use serde::Serialize;
use serde_json::Value;

use super::Origin;
use super::key::Key;
use super::shape::Shape;
use crate::terminal::escaped;

/// What stands in place of a value where there is none.
const NOTHING: &str = "-";

/// Every entry of a configuration, its value, and where that comes from. Secrets are not part of it.
///
/// As text, `{}`: a line for each entry, in columns for people. `{:#}`: with one tab between the columns, for programs.
#[derive(Debug)]
pub struct Report(Vec<Line>);

#[derive(Debug)]
struct Line {
    key: String,
    value: String,
    origin: Origin,
}

impl Report {
    pub(super) fn new(config: &impl Serialize, keys: &[Key], origin: impl Fn(&str) -> Origin) -> Self {
        let values = values(config);
        let mut lines = Vec::new();
        for key in keys {
            match find(&values, &key.path) {
                Some(Value::Object(entries)) if !entries.is_empty() => {
                    below(&key.path, entries, &origin, &mut lines);
                }
                None if key.depends => {}
                value => {
                    let value = value.map_or_else(|| NOTHING.to_owned(), text);
                    lines.push(Line { key: key.path.clone(), value, origin: origin(&key.path) });
                }
            }
        }
        Self(lines)
    }

    /// The report as it is printed: in columns on a terminal, with tabs for a program that reads along.
    pub fn for_output(&self, output: &impl IsTerminal) -> String {
        if output.is_terminal() { self.to_string() } else { format!("{self:#}") }
    }
}

/// Prints to standard output what was asked for. Whoever has read enough may go away.
///
/// # Errors
///
/// What keeps it from being written.
pub fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Entries with names of the operator's choice.
fn below(
    path: &str,
    entries: &serde_json::Map<String, Value>,
    origin: &impl Fn(&str) -> Origin,
    lines: &mut Vec<Line>,
) {
    for (name, value) in entries {
        let key = format!("{path}.{}", escaped(name));
        match value {
            Value::Object(entries) if !entries.is_empty() => below(&key, entries, origin, lines),
            value => lines.push(Line { origin: origin(&format!("{path}.{name}")), key, value: text(value) }),
        }
    }
}

/// The values of a configuration as its own serialisation has them: that of a secret does not show it.
pub(super) fn values(config: &impl Serialize) -> Value {
    // What cannot be written as JSON has no values to be shown.
    serde_json::to_value(config).unwrap_or(Value::Null)
}

pub(super) fn find<'a>(values: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(values, |value, name| value.get(name))
}

/// A value as people write it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => escaped(text).into_owned(),
        Value::Array(items) if !items.is_empty() && !items.iter().any(Value::is_object) => {
            items.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Line) -> &str| {
            self.0.iter().map(|line| of(line).chars().count()).filter(|width| *width <= 40).max().unwrap_or(0)
        };
        let (keys, values) = (width(|line| &line.key), width(|line| &line.value));
        for Line { key, value, origin } in &self.0 {
            if f.alternate() {
                writeln!(f, "{key}\t{value}\t{origin}")?;
            } else {
                writeln!(f, "{key:keys$}  {value:values$}  {origin}")?;
            }
        }
        Ok(())
    }
}

/// Whether a value says something: a default that does is shown.
pub(super) fn shown_default(key: &Key, defaults: &Value) -> Option<String> {
    let value = find(defaults, &key.path).filter(|value| !value.is_null())?;
    let is_empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some();
    (!is_empty && key.shape != Shape::Secret).then(|| text(value))
}

/// What an entry means, and apart from that the default that its documentation tells.
pub(super) fn meaning(doc: &str) -> (String, Option<&str>) {
    let Some((before, rest)) = doc.split_once("Default: ") else { return (doc.to_owned(), None) };
    let (default, after) = rest.split_once(". ").unwrap_or((rest.trim_end_matches('.'), ""));
    (format!("{before}{after}").trim_end().to_owned(), Some(default))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let line = |key: &str, value: &str| Line {
            key: key.to_owned(),
            value: value.to_owned(),
            origin: Origin::Variable("A".into()),
        };
        Report(vec![line("a", &"long".repeat(20)), line("a.longer-one", "1")])
    }

    #[test]
    fn people_get_columns_and_programs_get_tabs() {
        let long = "long".repeat(20);
        assert_eq!(format!("{report:#}", report = report()), format!("a\t{long}\tA\na.longer-one\t1\tA\n"));
        assert_eq!(report().to_string(), format!("a             {long}  A\na.longer-one  1  A\n"));
    }

    #[test]
    fn a_value_is_one_line_and_no_command_to_a_terminal() {
        assert_eq!(text(&Value::from("a\n\u{1b}[31mb")), "a\\n\\u{1b}[31mb");
        assert_eq!(text(&Value::from("")), "\"\"");
        assert_eq!(text(&Value::from(vec!["a", "b"])), "a, b");
        assert_eq!(text(&Value::Null), NOTHING);
    }

    #[test]
    fn the_default_stands_apart_from_the_meaning() {
        let apart = |meaning: &str, default| (meaning.to_owned(), default);
        assert_eq!(meaning("How long. Default: 5 s."), apart("How long.", Some("5 s")));
        assert_eq!(meaning("How long. Default: `1.5s`. More."), apart("How long. More.", Some("`1.5s`")));
        assert_eq!(meaning("How long."), apart("How long.", None));
    }
}
