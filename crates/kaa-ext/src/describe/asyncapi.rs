//! The description as an AsyncAPI 3.0 document.
//!
//! A channel is a subject, an operation is a function on one of its channels. A message is described twice: by the
//! Avro schema of its envelope, which is what goes over the wire, and by the JSON Schema of the payload inside, which
//! AsyncAPI has no place for (`x-payload`).

use std::collections::BTreeMap;

use kaa_protocol::dialect::Dialect;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::schemas::PLACE;
use super::{Channel, Content, Description, Envelope, Function, Taken, key, object, summary};

const AVRO: &str = "application/vnd.apache.avro;version=1.9.0";

impl Description {
    /// The description as an AsyncAPI 3.0 document, for the tools that read those.
    pub fn asyncapi(&self) -> Value {
        let mut document = Document { schemas: self.schemas.clone(), ..Document::default() };
        for function in &self.functions {
            for (number, channel) in function.channels.iter().enumerate() {
                document.operation(function, channel, number);
            }
        }
        let Document { channels, operations, messages, schemas, .. } = document;
        json!({
            "asyncapi": "3.0.0",
            "id": format!("urn:kaa:{}", key(self.instance.as_str())),
            "info": {
                "title": self.instance.as_str(),
                "version": self.version,
                "description": format!(
                    "An extension of Kaa. Devices reach its resources through the communication service `{}`.",
                    self.communication_service
                ),
            },
            "defaultContentType": "avro/binary",
            "servers": self.servers(),
            "channels": channels,
            "operations": operations,
            "components": { "messages": messages, "schemas": schemas },
        })
    }

    fn servers(&self) -> Map<String, Value> {
        let server = |(number, url): (usize, &String)| {
            let (scheme, host) = url.split_once("://").unwrap_or(("nats", url));
            (format!("nats-{number}"), json!({ "host": host, "protocol": "nats", "description": scheme }))
        };
        self.servers.iter().enumerate().map(server).collect()
    }
}

/// A document in the making.
#[derive(Default)]
struct Document {
    channels: BTreeMap<String, Place>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
    taken: Taken,
}

/// A channel in the making.
#[derive(Serialize)]
struct Place {
    address: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
    messages: Map<String, Value>,
}

impl Document {
    fn operation(&mut self, function: &Function, channel: &Channel, number: usize) {
        let id = self.taken.free(&operation_key(function, channel, number));
        let asked = format!("{id}.request");
        self.message(&asked, function, &channel.envelope, function.takes.as_ref());
        let place = self.channel(&channel.subject, &asked);
        let mut operation = object(json!({
            "action": "receive",
            "channel": reference("channels", &place),
            "title": function.name,
            "summary": summary(function.doc),
            "description": function.doc,
            "messages": [message_of(&place, &asked)],
            "tags": [{ "name": function.kind }],
            "x-location": function.location.to_string(),
            "x-statuses": function.statuses,
        }));
        if let Some(path) = function.path {
            operation.insert("x-path".to_owned(), path.into());
        }
        if let Some(group) = &channel.queue_group {
            let queue = json!({ "nats": { "queue": group.as_str() } });
            operation.insert("bindings".to_owned(), queue);
        }
        if let Some(answer) = &channel.answer {
            let answered = format!("{id}.answer");
            self.message(&answered, function, &answer.envelope, function.answers.as_ref());
            let place = self.channel(&answer.subject, &answered);
            let reply = json!({
                "channel": reference("channels", &place),
                "messages": [message_of(&place, &answered)],
            });
            operation.insert("reply".to_owned(), reply);
        }
        self.operations.insert(id, operation.into());
    }

    fn message(&mut self, id: &str, function: &Function, envelope: &Envelope, content: Option<&Content>) {
        let schema = format!("avro.{}", key(envelope.name));
        if !self.schemas.contains_key(&schema) {
            let avro: Value = serde_json::from_str(&envelope.schema()).unwrap_or_default();
            self.schemas.insert(schema.clone(), json!({ "schemaFormat": AVRO, "schema": avro }));
        }
        let mut message = object(json!({
            "name": envelope.name,
            "title": format!("{} of {}", envelope.name, function.name),
            "contentType": "avro/binary",
            "payload": { "$ref": format!("{PLACE}{schema}") },
        }));
        if let Some(content) = content {
            message.insert("x-payload".to_owned(), json!(content));
        }
        self.messages.insert(id.to_owned(), message.into());
    }

    /// The channel of a subject, with one more message on it.
    fn channel(&mut self, subject: &str, message: &str) -> String {
        let (address, parameters) = address(subject);
        let id = key(&address);
        let empty = || Place { address, parameters, messages: Map::new() };
        let place = self.channels.entry(id.clone()).or_insert_with(empty);
        place.messages.insert(message.to_owned(), reference("components/messages", message));
        id
    }
}

fn operation_key(function: &Function, channel: &Channel, number: usize) -> String {
    let dialect = match channel.dialect {
        Some(Dialect::Ecs2Ext) => "-ecs2ext",
        Some(Dialect::Esp) | None => "",
    };
    let own = if channel.queue_group.is_none() && number > 0 { "-of-this-replica" } else { "" };
    key(&format!("{}-{}{dialect}{own}", function.kind, function.name)).replace('.', "_")
}

/// The subject with a parameter for each token that may be any.
fn address(subject: &str) -> (String, Map<String, Value>) {
    let mut parameters = Map::new();
    let mut before = "";
    let tokens = subject.split('.').map(|token| {
        let (name, description) = match (token, before) {
            ("*", "replica") => ("replica", "The identity of a replica."),
            ("*", "events") => ("originator", "The service instance that the event comes from."),
            ("*", "service") => ("service", "The name of a service instance."),
            ("*", _) => ("detail", "What the message is about, or whom it is for."),
            _ => {
                before = token;
                return token.to_owned();
            }
        };
        before = token;
        parameters.insert(name.to_owned(), json!({ "description": description }));
        format!("{{{name}}}")
    });
    (tokens.collect::<Vec<_>>().join("."), parameters)
}

fn reference(place: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/{place}/{name}") })
}

fn message_of(channel: &str, message: &str) -> Value {
    json!({ "$ref": format!("#/channels/{channel}/messages/{message}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_with_gaps_becomes_an_address_with_parameters() {
        for (subject, expected, names) in [
            ("kaa.v1.service.dcx.esp.ClientData", "kaa.v1.service.dcx.esp.ClientData", vec![]),
            ("kaa.v1.replica.*.cdtp.response", "kaa.v1.replica.{replica}.cdtp.response", vec!["replica"]),
            (
                "kaa.v1.events.*.a.b.c.*",
                "kaa.v1.events.{originator}.a.b.c.{detail}",
                vec!["detail", "originator"],
            ),
            ("kaa.v1.service.*.*", "kaa.v1.service.{service}.{detail}", vec!["detail", "service"]),
        ] {
            let (address, parameters) = address(subject);
            let mut found: Vec<_> = parameters.keys().map(String::as_str).collect();
            found.sort_unstable();
            assert_eq!((&*address, found), (expected, names));
        }
    }
}
