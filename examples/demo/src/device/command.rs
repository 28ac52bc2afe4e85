//! What a device does when it is told to (11/CEP).

use serde::Deserialize;
use serde_json::{Value, json};

/// How often a light may blink.
const MOST: u64 = 100;

/// A command: `{"id":…,"payload":{"times":3}}` lets the light blink three times.
#[derive(Debug, Deserialize)]
pub(super) struct Command {
    id: Value,
    #[serde(default)]
    payload: Value,
}

impl Command {
    /// The commands of an answer or a push.
    pub(super) fn read(payload: &[u8]) -> Option<Vec<Self>> {
        serde_json::from_slice(payload).ok()
    }

    /// Does it. What came of it.
    pub(super) fn run(&self) -> Value {
        let id = &self.id;
        match self.payload.get("times").and_then(Value::as_u64).filter(|times| *times <= MOST) {
            Some(times) => json!({ "id": id, "statusCode": 200, "payload": { "blinked": times } }),
            None => json!({ "id": id, "statusCode": 400, "reasonPhrase": "times: expected 0 to 100" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_light_blinks_as_often_as_it_may() {
        let run = |payload: &str| {
            let commands = Command::read(format!(r#"[{{"id":7,"payload":{payload}}}]"#).as_bytes()).unwrap();
            commands.first().unwrap().run()
        };
        for (payload, status) in
            [(r#"{"times":99}"#, 200), (r#"{"times":100}"#, 200), (r#"{"times":101}"#, 400), ("3", 400)]
        {
            let result = run(payload);
            assert_eq!((&result["id"], &result["statusCode"]), (&json!(7), &json!(status)), "{payload}");
        }
    }

    #[test]
    fn what_is_no_list_of_commands_is_not_understood() {
        assert!(Command::read(b"[]").unwrap().is_empty());
        for wrong in ["", "{}", r#"[{"payload":1}]"#, "[1"] {
            assert!(Command::read(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
