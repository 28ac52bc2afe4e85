//! What every way of writing a description needs.

use std::collections::HashSet;
use std::iter;

use serde_json::{Map, Value};

/// Names in one document, each of which there is once.
#[derive(Debug, Default)]
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    /// The name, or one like it that nobody has.
    pub(crate) fn free(&mut self, wanted: &str) -> String {
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let free = iter::once(wanted.to_owned()).chain(numbered).find(|name| !self.0.contains(name));
        let name = free.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}

/// The text as AsyncAPI names parts of a document, more narrowly than Rust names types.
pub(super) fn key(text: &str) -> String {
    let is_proper = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.chars().map(|c| if is_proper(c) { c } else { '_' }).collect()
}

/// The object that `json!({ … })` makes, to be added to.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The first sentence of a documentation comment, or its first line.
pub(crate) fn summary(doc: &str) -> &str {
    let line = doc.lines().next().unwrap_or_default();
    line.split_once(". ").map_or(line, |(sentence, _)| sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_with_one_name_are_told_apart() {
        let mut names = Taken::default();
        assert_eq!(["a", "b", "a", "a"].map(|name| names.free(name)), ["a", "b", "a-2", "a-3"]);
    }

    #[test]
    fn a_summary_is_the_first_sentence() {
        assert_eq!(summary("Greets. Politely.\n\nMore."), "Greets");
        assert_eq!(summary("Takes 1.5 of it\nand more"), "Takes 1.5 of it");
        assert_eq!(summary(""), "");
    }
}
