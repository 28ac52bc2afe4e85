//! One JSON object a line, for programs. docs/kaa.md says what is in it.

use data_encoding::BASE64;
use kaa_tap::wire::to_json;
use kaa_tap::{Happened, Seen};
use serde_json::{Map, Value, json};

use super::undecoded::{head, readable};
use crate::terminal::escaped_json;

/// How lines are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// With the bytes of the message.
    pub(crate) raw: bool,
}

impl Format {
    pub(crate) fn line(self, happened: &Happened) -> String {
        let object = match happened {
            Happened::Message(seen) => self.message(seen),
            Happened::Unanswered { open, waited } => json!({
                "type": "unanswered",
                "n": open.n,
                "subject": open.subject,
                "record": open.record,
                "correlationId": open.correlation,
                "endpointId": open.endpoint,
                "path": open.path,
                "waitedMs": waited.as_secs_f64() * 1000.0,
            }),
            Happened::Missed(count) => json!({ "type": "missed", "count": count }),
            Happened::Disconnected => json!({ "type": "disconnected" }),
            Happened::Connected => json!({ "type": "connected" }),
        };
        escaped_json(&object.to_string()).into_owned() + "\n"
    }

    fn message(self, seen: &Seen) -> Value {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| {
            if !value.is_null() {
                object.insert(key.to_owned(), value);
            }
        };
        put("type", "message".into());
        put("n", seen.n.into());
        put("time", humantime::format_rfc3339_micros(seen.time).to_string().into());
        put("subject", seen.subject.as_str().into());
        put("replyTo", seen.reply_to.clone().into());
        put("traceparent", seen.trace.map(|trace| trace.to_string()).into());
        put("service", seen.place.service().into());
        put("replica", seen.place.replica().into());
        put("size", seen.datum.len().into());
        match &seen.content {
            Ok(decoded) => {
                put("protocol", decoded.info.protocol.into());
                put("record", decoded.info.name.into());
                put("revision", decoded.info.revision.into());
                put("role", decoded.spec.role.as_str().into());
                put("correlationId", decoded.text("correlationId").into());
                put("endpointId", decoded.text("endpointId").into());
                if decoded.trailing > 0 {
                    put("trailing", decoded.trailing.into());
                }
                let fields = decoded.fields.iter().map(|(name, value)| (name.clone(), to_json(value)));
                put("fields", fields.collect());
            }
            Err(error) => {
                let reason = error.to_string();
                put(
                    "undecoded",
                    match readable(&seen.datum) {
                        Some(text) => json!({ "reason": reason, "text": text }),
                        None => json!({ "reason": reason, "hex": head(&seen.datum).0 }),
                    },
                );
            }
        }
        put("status", seen.status().map(|status| status.code).into());
        if let Some(answered) = &seen.answers {
            let after = answered.after.as_secs_f64() * 1000.0;
            put("answers", json!({ "n": answered.n, "subject": answered.subject, "afterMs": after }));
        }
        if self.raw {
            put("data", BASE64.encode(&seen.datum).into());
        }
        Value::Object(object)
    }
}
