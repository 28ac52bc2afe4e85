//! Whether two answers say the same.

use std::collections::BTreeSet;
use std::fmt::Write;

use kaa_ext::protocol::ecs2ext;
use kaa_tap::wire::Decoded;
use serde_json::Value;

use super::run::Pair;
use crate::terminal::{Paint, clipped, escaped};

/// In what two answers differ.
#[derive(Debug)]
pub(crate) struct Difference {
    /// What was asked.
    title: String,
    /// What it was, and what it is, by where: a JSON pointer into the payload, or `status`.
    lines: Vec<(String, String, String)>,
}

/// How many differences of one answer are told.
const MOST: usize = 20;
/// How much of a value is told, in characters.
const LONGEST: usize = 300;

/// Compares an answer with the recorded one; `None` when they say the same.
pub(crate) fn difference(pair: &Pair, ignored: &[String]) -> Option<Difference> {
    let mut lines = Vec::new();
    match &pair.today {
        None => lines.push(("answer".to_owned(), status(&pair.recorded), "none in time".to_owned())),
        Some(today) => {
            let statuses = (status(&pair.recorded), status(today));
            if code(&pair.recorded) != code(today) {
                lines.push(("status".to_owned(), statuses.0, statuses.1));
            }
            payloads(&pair.recorded, today, ignored, &mut lines);
        }
    }
    if lines.is_empty() {
        return None;
    }
    let path = pair.request.text("resourcePath").or_else(|| pair.request.text("path")).unwrap_or_default();
    let endpoint = pair.request.text("endpointId").map(|id| format!(" of {id}")).unwrap_or_default();
    Some(Difference { title: format!("request #{} {path}{endpoint}", pair.n), lines })
}

impl Difference {
    /// For a person: what it was on lines with `-`, and what it is on lines with `+`.
    pub(crate) fn text(&self, paint: Paint) -> String {
        let mut text = format!("{}\n", paint.bold(escaped(&self.title)));
        for (place, was, is) in self.lines.iter().take(MOST) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {}", escaped(place));
            let _ = writeln!(text, "    {}", paint.bad(format_args!("- {}", clipped(was, LONGEST))));
            let _ = writeln!(text, "    {}", paint.good(format_args!("+ {}", clipped(is, LONGEST))));
        }
        if let Some(more) = self.lines.len().checked_sub(MOST).filter(|more| *more > 0) {
            let _ = writeln!(text, "  … and {more} more differences");
        }
        text
    }
}

fn code(answer: &Decoded) -> i64 {
    let text = || answer.text("status").map(|status| ecs2ext::status_code(status).0.into());
    answer.number("statusCode").or_else(text).unwrap_or_default()
}

fn status(answer: &Decoded) -> String {
    let reason = answer.text("reasonPhrase").or_else(|| answer.text("status")).unwrap_or_default();
    format!("{} {reason}", code(answer)).trim_end().to_owned()
}

fn payloads(was: &Decoded, is: &Decoded, ignored: &[String], lines: &mut Vec<(String, String, String)>) {
    let (was, is) = (was.bytes("payload").unwrap_or_default(), is.bytes("payload").unwrap_or_default());
    if was == is {
        return;
    }
    match (serde_json::from_slice(was), serde_json::from_slice(is)) {
        (Ok(was), Ok(is)) => values("", &was, &is, ignored, lines),
        _ => lines.push(("payload".to_owned(), shown(was), shown(is))),
    }
}

fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok("") => "nothing".to_owned(),
        Ok(text) => text.to_owned(),
        Err(_) => format!("hex {}", data_encoding::HEXLOWER.encode(bytes)),
    }
}

fn values(at: &str, was: &Value, is: &Value, ignored: &[String], lines: &mut Vec<(String, String, String)>) {
    if was == is || ignored.iter().any(|pointer| pointer == at) {
        return;
    }
    let absent = || "nothing".to_owned();
    let mut both = |key: &str, was: Option<&Value>, is: Option<&Value>| {
        let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        match (was, is) {
            (Some(was), Some(is)) => values(&at, was, is, ignored, lines),
            (was, is) if !ignored.contains(&at) => {
                let text = |value: Option<&Value>| value.map_or_else(absent, Value::to_string);
                lines.push((format!("payload {at}"), text(was), text(is)));
            }
            _ => {}
        }
    };
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => {
            let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
            keys.into_iter().for_each(|key| both(key, was.get(key), is.get(key)));
        }
        (Value::Array(was), Value::Array(is)) => {
            (0..was.len().max(is.len())).for_each(|n| both(&n.to_string(), was.get(n), is.get(n)));
        }
        _ => lines.push((format!("payload {at}").trim_end().to_owned(), was.to_string(), is.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kaa_ext::protocol::avro::Record;
    use kaa_ext::protocol::esp::{ClientData, ExtensionData, Revision};

    use super::super::run::Pair;
    use super::*;
    use kaa_tap::wire::{Place, decode};

    fn read(message: &str, datum: &Bytes) -> Decoded {
        decode(&Place::of(&format!("kaa.v1.service.a.esp.{message}")).specs(), datum).unwrap()
    }

    fn answer(status_code: i32, payload: &[u8]) -> Decoded {
        let payload = Some(payload);
        let data =
            ExtensionData { status_code, payload, app_version_name: Some("v1"), ..ExtensionData::default() };
        read("ExtensionData", &data.encode(Revision::Seed).unwrap())
    }

    fn compared(was: Decoded, is: Option<Decoded>, ignored: &[&str]) -> Option<String> {
        let data = ClientData { resource_path: "/json", endpoint_id: Some("e1"), ..ClientData::default() };
        let request = read("ClientData", &data.encode(Revision::Seed).unwrap());
        let ignored: Vec<_> = ignored.iter().map(|&pointer| pointer.to_owned()).collect();
        let pair = Pair { n: 4, request, recorded: was, today: is };
        difference(&pair, &ignored).map(|difference| difference.text(Paint::PLAIN))
    }

    #[test]
    fn json_is_compared_by_value() {
        let was = || answer(200, br#"{"a":1,"list":[1,2]}"#);
        assert_eq!(compared(was(), Some(answer(200, br#"{ "list": [1,2], "a": 1 }"#)), &[]), None);
        assert_eq!(
            compared(was(), Some(answer(200, br#"{"a":2,"list":[1],"b/c":true}"#)), &[]).unwrap(),
            "request #4 /json of e1\n  payload /a\n    - 1\n    + 2\n  payload /b~1c\n    - nothing\n    + true\n  \
             payload /list/1\n    - 2\n    + nothing\n"
        );
    }

    #[test]
    fn what_is_ignored_may_differ_or_be_missing() {
        let was = || answer(200, br#"{"at":1,"deep":{"at":1}}"#);
        assert_eq!(compared(was(), Some(answer(200, br#"{"deep":{"at":2}}"#)), &["/at", "/deep/at"]), None);
        assert!(compared(was(), Some(answer(200, br#"{"deep":{"at":2}}"#)), &["/at"]).is_some());
    }

    #[test]
    fn another_status_other_bytes_and_no_answer_are_differences() {
        let text = compared(answer(200, b"x"), Some(answer(404, b"\x1b")), &[]).unwrap();
        assert!(text.contains("status\n    - 200\n    + 404\n"), "{text}");
        assert!(text.contains("payload\n    - x\n    + \\u{1b}\n"), "{text}");
        let text = compared(answer(200, b"x"), None, &[]).unwrap();
        assert!(text.contains("answer\n    - 200\n    + none in time\n"), "{text}");
    }
}
