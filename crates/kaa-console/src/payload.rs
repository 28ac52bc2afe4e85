//! Bytes as the page shows them.

use data_encoding::BASE64;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::limits::PAYLOAD;

/// A payload: JSON, text or bytes, as far as it is shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Payload {
    #[serde(flatten)]
    shown: Shown,
    /// How long it is in all.
    bytes: usize,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
enum Shown {
    /// As it was sent, which is much smaller than what it could be read into.
    Json(Box<RawValue>),
    Text(String),
    Base64(String),
}

impl Payload {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let truncated = bytes.len() > PAYLOAD;
        let head = bytes.get(..PAYLOAD).unwrap_or(bytes);
        let json = || (!truncated).then(|| json(head)).flatten().map(Shown::Json);
        let shown = json().or_else(|| text(head, truncated).map(Shown::Text));
        let shown = shown.unwrap_or_else(|| Shown::Base64(BASE64.encode(head)));
        Self { shown, bytes: bytes.len(), truncated }
    }
}

/// What is JSON, on one line.
fn json(bytes: &[u8]) -> Option<Box<RawValue>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let one_line = if text.contains(['\n', '\r']) {
        // Within a string, JSON has no such character; between values, any space does.
        text.replace(['\n', '\r'], " ")
    } else {
        text.to_owned()
    };
    RawValue::from_string(one_line).ok()
}

fn text(head: &[u8], truncated: bool) -> Option<String> {
    match std::str::from_utf8(head) {
        Ok(text) => Some(text.to_owned()),
        // Cut within a character.
        Err(error) if truncated && error.error_len().is_none() => {
            let text = std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?;
            Some(text.to_owned())
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(bytes: &[u8]) -> Value {
        let text = serde_json::to_string(&Payload::new(bytes)).unwrap();
        assert!(!text.contains(['\n', '\r']), "{text:?}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_payload_is_json_or_text_or_bytes() {
        assert_eq!(shown(b"{\"a\":\r\n 1}"), json!({ "json": { "a": 1 }, "bytes": 10 }));
        assert_eq!(shown(b"a\nb"), json!({ "text": "a\nb", "bytes": 3 }));
        assert_eq!(shown(b""), json!({ "text": "", "bytes": 0 }));
        assert_eq!(shown(b"\xff\x00"), json!({ "base64": "/wA=", "bytes": 2 }));
    }

    #[test]
    fn a_long_one_is_cut() {
        let long = shown("ä".repeat(3_000).as_bytes());
        assert_eq!((&long["bytes"], &long["truncated"]), (&json!(6_000), &json!(true)));
        assert_eq!(long["text"].as_str().unwrap().len(), 4_096);
        assert_eq!(
            shown(format!("x{}", "ä".repeat(3_000)).as_bytes())["text"].as_str().unwrap().len(),
            4_095
        );
        assert!(shown(&[0xff; 5_000])["base64"].as_str().unwrap().len() < 5_500);
        assert!(shown(format!("\"{}\"", "x".repeat(5_000)).as_bytes())["text"].is_string());
    }

    #[test]
    fn json_that_is_deeper_than_anything_is_no_harm() {
        let deep = "[".repeat(2_000) + &"]".repeat(2_000);
        assert_eq!(shown_text(deep.as_bytes()), 4_000);
    }

    fn shown_text(bytes: &[u8]) -> usize {
        let payload = Payload::new(bytes);
        match payload.shown {
            Shown::Text(text) => text.len(),
            Shown::Json(json) => json.get().len(),
            Shown::Base64(_) => 0,
        }
    }
}
