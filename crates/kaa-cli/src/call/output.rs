//! What a person, or a script, gets to see.

#![allow(clippy::print_stderr, reason = "the terminal is what this command is for")]

use std::borrow::Cow;
use std::error::Error;
use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;

use http::StatusCode;
use kaa_process::error::Chain;
use kaa_tap::call::Asked;
use serde_json::{Value, json};

use crate::terminal::{escaped, escaped_json, escaped_lines, tell_error};

/// Prints an answer; the exit code says whether it is a success.
pub(super) fn answer(asked: &Asked, as_json: bool) -> ExitCode {
    let printed = if as_json { print_json(&object(asked)) } else { print_payload(asked) };
    match printed {
        Ok(()) if (200..300).contains(&asked.status) => ExitCode::SUCCESS,
        // Nobody reads standard output any more: there is nobody left to tell.
        _ => ExitCode::FAILURE,
    }
}

/// Prints why there is no answer, with all its causes.
pub(super) fn failure(error: &dyn Error, as_json: bool) {
    if as_json {
        let _ = print_json(&json!({ "error": format!("{:#}", Chain(error)) }));
    } else {
        tell_error("call", error);
    }
}

fn print_payload(asked: &Asked) -> std::io::Result<()> {
    let mut out = stdout().lock();
    if let Some(payload) = &asked.payload {
        out.write_all(&shown(payload, out.is_terminal()))?;
        out.flush()?;
    }
    eprintln!("{}", verdict(asked));
    Ok(())
}

/// A pipe gets exactly the payload. A terminal shows it and obeys none of it, and no prompt follows on the same line.
fn shown(payload: &[u8], is_terminal: bool) -> Cow<'_, [u8]> {
    if !is_terminal {
        return Cow::Borrowed(payload);
    }
    let mut text = escaped_lines(&String::from_utf8_lossy(payload));
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Cow::Owned(text.into_bytes())
}

fn verdict(asked: &Asked) -> String {
    let reason = asked.reason.as_deref().unwrap_or_else(|| phrase(asked.status));
    format!("{} {} ({})", asked.status, escaped(reason), millis(asked))
}

fn print_json(value: &Value) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", escaped_json(&value.to_string()))
}

/// The answer as one object. A payload that is JSON is embedded; one that is text is a string;
/// anything else is given in hexadecimal as `payloadHex`.
fn object(asked: &Asked) -> Value {
    let mut object = json!({
        "statusCode": asked.status,
        "reasonPhrase": asked.reason,
        "latencyMs": asked.latency.as_secs_f64() * 1000.0,
    });
    let (key, payload) = match asked.payload.as_deref() {
        None => ("payload", Value::Null),
        Some(bytes) => match (serde_json::from_slice(bytes), std::str::from_utf8(bytes)) {
            (Ok(value), _) => ("payload", value),
            (Err(_), Ok(text)) => ("payload", text.into()),
            (Err(_), Err(_)) => ("payloadHex", bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        },
    };
    if let Some(fields) = object.as_object_mut() {
        fields.insert(key.to_owned(), payload);
    }
    object
}

fn millis(asked: &Asked) -> String {
    format!("{:.1} ms", asked.latency.as_secs_f64() * 1000.0)
}

fn phrase(status: i32) -> &'static str {
    let code = u16::try_from(status).ok().and_then(|code| StatusCode::from_u16(code).ok());
    code.and_then(|code| code.canonical_reason()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_an_answer_and_a_pipe_gets_what_was_sent() {
        let payload = b"one\n\x1b]0;owned\x07\xff";
        assert_eq!(&*shown(payload, false), payload);
        assert_eq!(&*shown(payload, true), "one\n\\u{1b}]0;owned\\u{7}\u{fffd}\n".as_bytes());
        assert_eq!(&*shown(b"", true), b"");
    }

    #[test]
    fn a_reason_stays_on_its_line() {
        let asked = Asked {
            correlation_id: String::new(),
            status: 200,
            reason: Some("\x1b[2J\rfine\u{202e}".to_owned()),
            payload: None,
            timestamp: 0,
            asked_at: 0,
            latency: Duration::from_millis(2),
        };
        assert_eq!(verdict(&asked), r"200 \u{1b}[2J\rfine\u{202e} (2.0 ms)");
    }
}
