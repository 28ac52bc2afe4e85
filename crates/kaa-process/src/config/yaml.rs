//! YAML into entries, and its errors without what stands in the file.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location, MessageFormatter, Options, Spanned, UserMessageFormatter, options};

use super::Origin;
use super::node::{Node, Value};
use super::refused::without_quotes;

/// How many lists and entries may be inside each other.
const DEEPEST: usize = 32;

/// A document that is none.
#[derive(Debug)]
pub(super) struct Malformed {
    /// Where, from 1.
    pub(super) line: u64,
    /// What is wrong there.
    pub(super) message: String,
}

/// Reads a document. Nothing in it stands for everything left at its default.
pub(super) fn parse(text: &str, path: &Arc<Path>) -> Result<Node, Malformed> {
    let raw: Option<Spanned<Raw>> =
        serde_saphyr::from_str_with_options(text, bounds()).map_err(|error| Malformed {
            line: error.location().map_or(1, |location| location.line().max(1)),
            message: message(error.without_snippet()),
        })?;
    Ok(raw.map_or_else(Node::root, |raw| node(raw, text, path)))
}

/// Far more than a configuration needs, and too little for a document that explodes.
fn bounds() -> Options {
    options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 100_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 100_000,
            max_replay_stack_depth: 8,
        },
        // A snippet would quote the file.
        with_snippet: false,
    }
}

/// What stands in the document, as YAML understands it.
enum Raw {
    Nothing,
    Text(String),
    /// A plain scalar that YAML takes for a number or a truth value. Its words are what counts: `007` may be a name.
    Word,
    List(Vec<Spanned<Raw>>),
    Table(BTreeMap<String, Spanned<Raw>>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, true or false, a list or entries")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Word)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Word)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Word)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Word)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            entries.insert(name, value);
        }
        Ok(Raw::Table(entries))
    }
}

fn node(Spanned { value, referenced, defined }: Spanned<Raw>, text: &str, path: &Arc<Path>) -> Node {
    let origin = Origin::File { path: Arc::clone(path), line: referenced.line().max(1) };
    let value = match value {
        Raw::Nothing => Value::Nothing,
        Raw::Text(text) => Value::Text(text),
        Raw::Word => Value::Word(text.get(place(&defined)).unwrap_or_default().trim().to_owned()),
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, text, path)).collect()),
        Raw::Table(entries) => {
            Value::Table(entries.into_iter().map(|(name, below)| (name, node(below, text, path))).collect())
        }
    };
    Node::new(value, origin)
}

/// Where the bytes of something stand.
fn place(location: &Location) -> Range<usize> {
    let span = location.span();
    let place =
        |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    let begin = place(span.byte_offset());
    begin..begin.saturating_add(place(span.byte_len()))
}

/// What is wrong, in words that are not those of the file.
fn message(error: &Error) -> String {
    match error {
        Error::DuplicateMappingKey { .. } => "this entry is there twice; leave one of them".to_owned(),
        Error::MultipleDocuments { .. } => "a second document begins here; a configuration is one".to_owned(),
        Error::Budget { .. } => "this is more, or deeper, than a configuration can be".to_owned(),
        Error::NonFiniteFloat { .. } => "this number is not finite".to_owned(),
        Error::UnsupportedTag { .. } | Error::TaggedEnumMismatch { .. } => {
            "this tag (the word with `!`) does not belong here".to_owned()
        }
        Error::Unexpected { .. } => "this is not the name of an entry".to_owned(),
        // Somebody's own words, which may quote a value.
        _ => without_quotes(&UserMessageFormatter.format_message(error)),
    }
}

#[cfg(test)]
mod tests;
