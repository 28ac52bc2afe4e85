//! What a person, or a script, gets to see.

#![allow(clippy::print_stderr, reason = "the terminal is what this command is for")]

use std::error::Error;
use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;

use http::StatusCode;
use kaa_process::error::Chain;
use serde_json::{Value, json};

use kaa_tap::call::Asked;

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
    let text = format!("{:#}", Chain(error));
    if as_json {
        let _ = print_json(&json!({ "error": text }));
    } else {
        eprintln!("kaa call: {text}");
    }
}

fn print_payload(asked: &Asked) -> std::io::Result<()> {
    let mut out = stdout().lock();
    if let Some(payload) = &asked.payload {
        out.write_all(payload)?;
        // A prompt should not follow on the same line; a pipe gets exactly the payload.
        if out.is_terminal() && !payload.is_empty() && !payload.ends_with(b"\n") {
            out.write_all(b"\n")?;
        }
        out.flush()?;
    }
    let reason = asked.reason.as_deref().unwrap_or_else(|| phrase(asked.status));
    eprintln!("{} {reason} ({})", asked.status, millis(asked));
    Ok(())
}

fn print_json(value: &Value) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{value}")
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
