//! What became of a configuration.

use crate::json::{JsonPayload, object};

object! {
    /// A device has applied a configuration, or could not (7/CMP). The answer is empty.
    pub struct AppliedRequest {
        /// The configuration, by the identifier it came with.
        pub config_id: String,
        /// What became of it, by the numbers of HTTP: 2xx is success. 200 when it is missing.
        #[serde(default = "ok")]
        pub status_code: i32,
        /// Why it was not applied, for people. Devices in the field write `null` when they have none.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub reason_phrase: Option<String>,
    }
}

fn ok() -> i32 {
    200
}

impl AppliedRequest {
    /// Whether the configuration has been applied.
    ///
    /// ```
    /// use kaa_protocol::cmp::AppliedRequest;
    /// use kaa_protocol::json::JsonPayload;
    ///
    /// let applied = AppliedRequest::from_json(br#"{"configId": "97016dbe", "reasonPhrase": null}"#)?;
    /// assert_eq!(applied.status_code, 200);
    /// assert!(applied.is_success());
    /// # Ok::<(), kaa_protocol::json::PayloadError>(())
    /// ```
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status_code)
    }
}

impl JsonPayload for AppliedRequest {
    const NAME: &'static str = "a 7/CMP applied request";
    const EXPECTED: &'static str = "{configId: string, statusCode?: integer, reasonPhrase?: string}";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AppliedRequest {
        AppliedRequest::from_json(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_configuration_is_applied_unless_the_device_says_otherwise() {
        let applied = AppliedRequest { config_id: "a".into(), status_code: 200, reason_phrase: None };
        assert_eq!(read(r#"{"configId":"a"}"#), applied);
        assert_eq!(read(r#"{"configId":"a","reasonPhrase":null}"#), applied);
        assert_eq!(serde_json::to_string(&applied).unwrap(), r#"{"configId":"a","statusCode":200}"#);

        let rejected = read(r#"{"configId":"a","statusCode":400,"reasonPhrase":"no WPA2"}"#);
        assert!(!rejected.is_success());
        assert_eq!(rejected.reason_phrase.as_deref(), Some("no WPA2"));
    }

    #[test]
    fn an_applied_request_names_its_configuration() {
        for text in ["", "{}", r#"{"configId":null}"#, r#"["a"]"#, r#"{"configId":"a","config":1}"#] {
            assert!(AppliedRequest::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
