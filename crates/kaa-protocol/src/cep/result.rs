//! What became of commands.

use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::json::{JsonPayload, RawJson, object, present};

object! {
    /// What became of one command.
    pub struct CommandResult {
        /// The command, by the number it came with.
        pub id: i32,
        /// What became of it, by the numbers of HTTP.
        pub status_code: i32,
        /// The same for people.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub reason_phrase: Option<String>,
        /// What the command found out, passed on as it was written. A `null` is a payload.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        pub payload: Option<RawJson>,
    }
}

/// A device says what became of one or more commands of a type (11/CEP). The answer is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ResultRequest(
    /// One result for each command; at most [`MAX_RESULTS`](Self::MAX_RESULTS) are read.
    #[cfg_attr(feature = "schema", schemars(length(max = 1000)))]
    pub Vec<CommandResult>,
);

impl ResultRequest {
    /// How many results one request may have.
    pub const MAX_RESULTS: usize = 1_000;
}

impl JsonPayload for ResultRequest {
    const NAME: &'static str = "an 11/CEP result request";
    const EXPECTED: &'static str =
        "at most 1000 of [{id: integer, statusCode: integer, reasonPhrase?: string, payload?: any}, …]";
}

impl<'de> Deserialize<'de> for ResultRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Results)
    }
}

struct Results;

impl<'de> Visitor<'de> for Results {
    type Value = ResultRequest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of command results")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<ResultRequest, A::Error> {
        let mut results = Vec::new();
        while let Some(result) = elements.next_element()? {
            if results.len() == ResultRequest::MAX_RESULTS {
                return Err(A::Error::custom("too many command results"));
            }
            results.push(result);
        }
        Ok(ResultRequest(results))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_what_the_device_wrote() {
        let text = r#"[{"id":1,"statusCode":200},{"id":2,"statusCode":500,"reasonPhrase":"stuck","payload":{"t": 1e400}}]"#;
        let request = ResultRequest::from_json(text.as_bytes()).unwrap();
        assert_eq!(request.0.len(), 2);
        assert_eq!(serde_json::to_string(&request).unwrap(), text);
        assert_eq!(ResultRequest::from_json(b"[]"), Ok(ResultRequest::default()));
    }

    #[test]
    fn a_result_says_which_command_and_how_it_went() {
        for text in [
            "",
            "{}",
            r#"[{"id":1}]"#,
            r#"[{"statusCode":200}]"#,
            r#"[{"id":1,"statusCode":"200"}]"#,
            r#"[{"id":1,"statusCode":200,"type":"x"}]"#,
            r#"[{"id":1,"id":1,"statusCode":200}]"#,
            r#"[[1,200,null,null]]"#,
        ] {
            assert!(ResultRequest::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_limit_of_results_is_exact() {
        let results = |count| format!("[{}]", vec![r#"{"id":1,"statusCode":200}"#; count].join(","));
        assert!(ResultRequest::from_json(results(ResultRequest::MAX_RESULTS).as_bytes()).is_ok());
        let error = ResultRequest::from_json(results(ResultRequest::MAX_RESULTS + 1).as_bytes());
        assert!(error.unwrap_err().to_string().contains("too many command results at line 1 column"));
    }
}
