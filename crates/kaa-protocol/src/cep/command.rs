//! A device asks for commands.

use serde::{Deserialize, Serialize};

use crate::json::{JsonPayload, RawJson, object, present};
use crate::name::CommandType;

object! {
    /// A device asks for the commands that wait for it (11/CEP).
    #[derive(Default)]
    pub struct CommandRequest {
        /// Whether later commands are to be pushed: `true` from now on, `false` no longer. Without it,
        /// the service does as it likes.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub observe: Option<bool>,
    }
}

impl JsonPayload for CommandRequest {
    const NAME: &'static str = "an 11/CEP command request";
    const EXPECTED: &'static str = "{observe?: boolean}";
}

object! {
    /// One command.
    pub struct Command {
        /// What its result is matched by; unique for an endpoint and a command type. As wide as the
        /// `commandId` of 12/CIP.
        pub id: i32,
        /// Its type; present when commands of every type were asked for, and otherwise in the path.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub command_type: Option<CommandType>,
        /// What the device is to do, passed on as it was written. A `null` is a payload.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        pub payload: Option<RawJson>,
    }
}

/// The commands a device is to do (11/CEP): the answer to a [`CommandRequest`], empty when nothing is
/// outstanding; and what is pushed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct CommandResponse(
    /// The commands, the oldest first.
    pub Vec<Command>,
);

impl JsonPayload for CommandResponse {
    const NAME: &'static str = "an 11/CEP command response";
    const EXPECTED: &'static str = "[{id: integer, type?: string, payload?: any}, …]";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_observes_or_does_not_say() {
        for (text, observe) in [("{}", None), (r#"{"observe":true}"#, Some(true))] {
            let request = CommandRequest::from_json(text.as_bytes()).unwrap();
            assert_eq!(request, CommandRequest { observe });
            assert_eq!(serde_json::to_string(&request).unwrap(), text);
        }
        for text in ["", "[]", "[true]", r#"{"observe":0}"#, r#"{"obs":true}"#] {
            assert!(CommandRequest::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_missing_payload_is_not_a_null() {
        let text = r#"[{"id":1},{"id":2,"payload":null},{"id":-3,"type":"re-boot_2","payload":1.0}]"#;
        let response = CommandResponse::from_json(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&response).unwrap(), text);
        let [bare, null, typed] = response.0.try_into().unwrap();
        assert_eq!(bare.payload, None);
        assert_eq!(null.payload, Some(RawJson::null()));
        assert_eq!(typed.command_type.unwrap(), "re-boot_2");
    }

    #[test]
    fn a_command_has_a_number_and_a_proper_type() {
        for text in [
            r#"[{}]"#,
            r#"[{"id":"1"}]"#,
            r#"[{"id":1.0}]"#,
            r#"[{"id":2147483648}]"#,
            r#"[{"id":1,"type":""}]"#,
            r#"[{"id":1,"type":"a/b"}]"#,
            r#"[{"id":1,"type":2}]"#,
            r#"[[1]]"#,
            r#"{"id":1}"#,
        ] {
            assert!(CommandResponse::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
