//! What is listed, for people and for programs.

use std::fmt::Write;
use std::time::Duration;

use kaa_ext::bus::Clock;
use kaa_tap::Said;
use serde_json::Value;

use crate::terminal::{Table, escaped, escaped_json};

/// Replicas that have answered, in order.
#[derive(Debug)]
pub(super) struct Listed(Vec<Said>);

impl Listed {
    pub(super) fn new(mut said: Vec<Said>, name: Option<&str>) -> Self {
        said.retain(|said| name.is_none_or(|name| said.name == name));
        said.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        Self(said)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One object a replica, as it has answered.
    pub(super) fn lines(&self) -> String {
        let lines = self.0.iter().map(|said| escaped_json(&said.answer.to_string()).into_owned() + "\n");
        lines.collect()
    }

    /// Columns.
    pub(super) fn table(&self, functions: bool) -> String {
        let mut table = Table::default();
        let head = ["SERVICE", "REPLICA", "VERSION", "UP", "REQUESTS", "ERRORS", "P50", "P99"];
        table.row(head.map(str::to_owned));
        for said in &self.0 {
            let sum =
                |key| endpoints(said).filter_map(|endpoint| number(endpoint, key)).sum::<u64>().to_string();
            let shown = |text: &str| escaped(text).into_owned();
            let (version, up) = (shown(text(&said.answer, "version")), up(text(&said.answer, "started")));
            let (requests, errors) = (sum("num_requests"), sum("num_errors"));
            let none = String::new;
            table.row([shown(&said.name), shown(&said.id), version, up, requests, errors, none(), none()]);
            for endpoint in endpoints(said).filter(|_| functions) {
                let count = |key| number(endpoint, key).unwrap_or_default().to_string();
                let data = |key| endpoint.get("data").and_then(|data| number(data, key)).map(micros);
                table.row([
                    format!("  {}", shown(text(endpoint, "name"))),
                    none(),
                    none(),
                    none(),
                    count("num_requests"),
                    count("num_errors"),
                    data("p50_us").unwrap_or_default(),
                    data("p99_us").unwrap_or_default(),
                ]);
            }
        }
        let mut all = String::new();
        // Writing to a String cannot fail.
        let _ = write!(all, "{table}");
        all
    }
}

fn endpoints(said: &Said) -> impl Iterator<Item = &Value> {
    said.answer.get("endpoints").and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> Option<u64> {
    value.get(key).and_then(Value::as_u64)
}

/// For how long it has been there.
fn up(started: &str) -> String {
    let since = humantime::parse_rfc3339_weak(started).ok();
    let up = since.and_then(|since| Clock::System.now().duration_since(since).ok());
    up.map(|up| {
        let seconds = up.as_secs();
        match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
            (0, 0, 0, s) => format!("{s}s"),
            (0, 0, m, s) => format!("{m}m{s}s"),
            (0, h, m, _) => format!("{h}h{m}m"),
            (d, h, _, _) => format!("{d}d{h}h"),
        }
    })
    .unwrap_or_default()
}

fn micros(micros: u64) -> String {
    format!("{:.1?}", Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use kaa_tap::Verb;
    use serde_json::json;

    use super::*;

    fn said(name: &str, id: &str) -> Said {
        let answer = json!({
            "name": name, "id": id, "version": "1.0.0", "started": "",
            "endpoints": [
                { "name": "json", "num_requests": 3, "num_errors": 1, "data": { "p50_us": 180, "p99_us": 2500 } },
                { "name": "hear\u{1b}[2J", "num_requests": 4, "num_errors": 0 },
            ],
        });
        Said { verb: Verb::Stats, name: name.to_owned(), id: id.to_owned(), answer }
    }

    #[test]
    fn replicas_stand_together_and_their_functions_below_them() {
        let listed = Listed::new(vec![said("dcx", "b"), said("cmx", "c"), said("dcx", "a")], Some("dcx"));
        let expected = "SERVICE  REPLICA  VERSION  UP  REQUESTS  ERRORS  P50  P99\n\
                        dcx      a        1.0.0        7         1\n\
                        dcx      b        1.0.0        7         1\n";
        assert_eq!(listed.table(false), expected);
        let with_functions = listed.table(true);
        let json = with_functions.lines().nth(2).unwrap();
        assert!(json.starts_with("  json ") && json.ends_with("3         1       180.0µs  2.5ms"), "{json}");
        assert!(!with_functions.contains('\u{1b}'), "{with_functions}");
        assert_eq!(listed.lines().lines().count(), 2);
    }

    #[test]
    fn what_is_no_time_is_none() {
        assert_eq!(up("yesterday"), "");
        let hour = Clock::System.now() - Duration::from_secs(3_700);
        assert_eq!(up(&humantime::format_rfc3339(hour).to_string()), "1h1m");
    }
}
