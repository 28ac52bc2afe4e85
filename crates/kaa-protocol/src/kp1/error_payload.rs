//! What a device is told when a request failed.

use crate::json::{JsonPayload, object};

object! {
    /// The payload of an [`Outcome::Error`](super::Outcome::Error), over HTTP the body of a response that
    /// is no 200 (1/KP). It has these two fields and no other.
    ///
    /// ```
    /// use kaa_protocol::json::JsonPayload;
    /// use kaa_protocol::kp1::ErrorPayload;
    ///
    /// let error = ErrorPayload { status_code: 404, reason_phrase: "no such metric".into() };
    /// let text = serde_json::to_vec(&error)?;
    /// assert_eq!(text, br#"{"statusCode":404,"reasonPhrase":"no such metric"}"#);
    /// assert_eq!(ErrorPayload::from_json(&text)?, error);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ErrorPayload {
        /// What kind of failure it is, by the numbers of HTTP.
        pub status_code: i32,
        /// What happened, for people.
        pub reason_phrase: String,
    }
}

impl JsonPayload for ErrorPayload {
    const NAME: &'static str = "a 1/KP error";
    const EXPECTED: &'static str = "{statusCode: integer, reasonPhrase: string}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_two_fields_is_an_error_payload() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"statusCode":404}"#,
            r#"{"reasonPhrase":"x"}"#,
            r#"{"statusCode":404,"reasonPhrase":null}"#,
            r#"{"statusCode":"404","reasonPhrase":"x"}"#,
            r#"{"statusCode":404.5,"reasonPhrase":"x"}"#,
            r#"{"statusCode":2147483648,"reasonPhrase":"x"}"#,
            r#"{"statusCode":404,"reasonPhrase":"x","more":1}"#,
            r#"{"statusCode":404,"statusCode":404,"reasonPhrase":"x"}"#,
            r#"[404,"x"]"#,
        ] {
            assert!(ErrorPayload::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reason_may_be_any_text() {
        let error = ErrorPayload { status_code: -1, reason_phrase: "\"\\\n\u{1f980}\0".into() };
        assert_eq!(ErrorPayload::from_json(&serde_json::to_vec(&error).unwrap()), Ok(error));
    }
}
