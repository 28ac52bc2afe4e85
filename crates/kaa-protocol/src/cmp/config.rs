//! A device asks for its configuration.

use serde::{Deserialize, Serialize};

use crate::json::{JsonPayload, RawJson, object, present};

object! {
    /// A device asks for its configuration (7/CMP). Zero bytes ask the same as `{}`: what it is now, and
    /// nothing about later.
    #[derive(Default)]
    pub struct ConfigRequest {
        /// The configuration the device has: it wants another one, or to hear that there is none. It may
        /// count as applied. A device without one leaves it out.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub config_id: Option<String>,
        /// Whether later configurations are to be pushed: `true` from now on, `false` no longer. Without
        /// it, everything stays as it was.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub observe: Option<bool>,
    }
}

impl JsonPayload for ConfigRequest {
    const NAME: &'static str = "a 7/CMP config request";
    const EXPECTED: &'static str = "nothing or {configId?: string, observe?: boolean}";
    const WHEN_EMPTY: &'static str = "{}";
}

/// The answer to a [`ConfigRequest`], and what is pushed to a device that observes (7/CMP).
///
/// On the wire it is an object with both `configId` and `config`, or with neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Fields", try_from = "Fields")]
pub enum ConfigResponse {
    /// The device has the current configuration: `{}`.
    Unchanged,
    /// The current configuration is another one than the device has.
    Changed {
        /// What the device is to call it. Opaque; empty when no configuration is assigned.
        config_id: String,
        /// The configuration, passed on as it was written; `null` when none is assigned.
        config: RawJson,
    },
}

impl ConfigResponse {
    /// The answer when the endpoint has no configuration: an empty identifier and `null`.
    pub fn unassigned() -> Self {
        Self::Changed { config_id: String::new(), config: RawJson::null() }
    }
}

impl JsonPayload for ConfigResponse {
    const NAME: &'static str = "a 7/CMP config response";
    const EXPECTED: &'static str = "{} or {configId: string, config: any}";
}

object! {
    /// The response as it is on the wire.
    struct Fields {
        #[serde(skip_serializing_if = "Option::is_none")]
        config_id: Option<String>,
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        config: Option<RawJson>,
    }
}

impl From<ConfigResponse> for Fields {
    fn from(response: ConfigResponse) -> Self {
        match response {
            ConfigResponse::Unchanged => Self { config_id: None, config: None },
            ConfigResponse::Changed { config_id, config } => {
                Self { config_id: Some(config_id), config: Some(config) }
            }
        }
    }
}

impl TryFrom<Fields> for ConfigResponse {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, &'static str> {
        match (fields.config_id, fields.config) {
            (Some(config_id), Some(config)) => Ok(Self::Changed { config_id, config }),
            (None, None) => Ok(Self::Unchanged),
            (Some(_), None) => Err("configId without config"),
            (None, Some(_)) => Err("config without configId"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_bytes_ask_for_the_current_configuration() {
        for text in ["", "{}", " {\n} ", r#"{"configId":null,"observe":null}"#] {
            assert_eq!(ConfigRequest::from_json(text.as_bytes()), Ok(ConfigRequest::default()), "{text:?}");
        }
        assert_eq!(serde_json::to_string(&ConfigRequest::default()).unwrap(), "{}");
    }

    #[test]
    fn nothing_else_may_be_asked() {
        for text in [
            "[]",
            r#"["a",true]"#,
            "null",
            r#"{"observe":1}"#,
            r#"{"observe":"true"}"#,
            r#"{"configId":7}"#,
            r#"{"configID":"a"}"#,
            r#"{"observe":true,"observe":true}"#,
        ] {
            assert!(ConfigRequest::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_response_has_both_fields_or_neither() {
        for (response, text) in [
            (ConfigResponse::Unchanged, "{}"),
            (ConfigResponse::unassigned(), r#"{"configId":"","config":null}"#),
            (
                ConfigResponse::Changed {
                    config_id: "a".into(),
                    config: RawJson::from_json(br#"{"x":1.0, "y":1e400}"#).unwrap(),
                },
                r#"{"configId":"a","config":{"x":1.0, "y":1e400}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&response).unwrap(), text);
            assert_eq!(ConfigResponse::from_json(text.as_bytes()), Ok(response));
        }
        for text in [r#"{"configId":"a"}"#, r#"{"config":null}"#, "[]", r#"["a",1]"#] {
            assert!(ConfigResponse::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
