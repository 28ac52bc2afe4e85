//! The schema of a record as JSON text, for everybody who reads Avro with something else.

use std::fmt::Write;

/// What a record's definition says about it.
pub(crate) struct RecordSchema<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// The lines of the doc comment.
    pub(crate) doc: &'a [&'a str],
    pub(crate) fields: &'a [FieldSchema<'a>],
}

/// What it says about a field.
pub(crate) struct FieldSchema<'a> {
    pub(crate) name: &'a str,
    /// The lines of the doc comment.
    pub(crate) doc: &'a [&'a str],
    /// The Avro type as JSON text; `None` in a revision without this field.
    pub(crate) schema: Option<String>,
    /// The default as JSON text.
    pub(crate) default: Option<&'a str>,
}

impl RecordSchema<'_> {
    /// One line for the record and one for each field.
    pub(crate) fn to_json(&self) -> String {
        let mut json = format!(
            r#"{{"type":"record","namespace":{},"name":{},"doc":{},"fields":["#,
            quoted(self.namespace),
            quoted(self.name),
            quoted(&summary(self.doc)),
        );
        let mut separator = "";
        for field in self.fields {
            let Some(schema) = &field.schema else { continue };
            let (name, doc) = (quoted(field.name), quoted(&summary(field.doc)));
            json += separator;
            json += "\n  ";
            // Writing to a String cannot fail.
            let _ = write!(json, r#"{{"name":{name},"type":{schema},"doc":{doc}"#);
            if let Some(default) = field.default {
                let _ = write!(json, r#","default":{default}"#);
            }
            json += "}";
            separator = ",";
        }
        json += "\n]}";
        json
    }
}

/// The first paragraph of a doc comment; what follows is for Rust programmers.
fn summary(doc: &[&str]) -> String {
    let lines: Vec<_> = doc.iter().map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn quoted(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\0'..='\u{1f}' => json += &format!("\\u{:04x}", u32::from(c)),
            _ => json.push(c),
        }
    }
    json + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_says_what_the_definition_says_in_the_revision_asked_for() {
        let field = |name, schema: Option<&str>, default| FieldSchema {
            name,
            doc: &[" One \"line\"", " and a second.", "", " Not for the schema."],
            schema: schema.map(str::to_owned),
            default,
        };
        let schema = RecordSchema {
            namespace: "a.b",
            name: "R",
            doc: &[r" A \ record."],
            fields: &[field("x", None, None), field("y", Some(r#""long""#), Some("0"))],
        };
        let expected = concat!(
            r#"{"type":"record","namespace":"a.b","name":"R","doc":"A \\ record.","fields":["#,
            "\n  ",
            r#"{"name":"y","type":"long","doc":"One \"line\" and a second.","default":0}"#,
            "\n]}",
        );
        assert_eq!(schema.to_json(), expected);
    }
}
