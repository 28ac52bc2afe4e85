//! YAML into a configuration, and its errors without what stands in the file.

use std::fmt::Write;

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, MessageFormatter, Options, UserMessageFormatter, options};

/// How many lists and entries may be inside each other.
const DEEPEST: usize = 32;

/// The longest part of an unknown name that is repeated, in characters.
const QUOTED: usize = 64;

/// A document that is not the configuration it was meant to be.
#[derive(Debug)]
pub(super) struct Refused {
    /// Where, from 1.
    pub(super) line: u64,
    /// What is wrong there.
    pub(super) message: String,
}

/// Reads a document. Nothing in it stands for everything left at its default.
pub(super) fn parse<C: DeserializeOwned>(text: &str) -> Result<C, Refused> {
    serde_saphyr::from_str_with_options(text, bounds()).map_err(|error| Refused {
        line: error.location().map_or(1, |location| location.line().max(1)),
        message: message(error.without_snippet()),
    })
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

/// What is wrong, in words that are not those of the file.
fn message(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => unknown_entry(field, expected),
        Error::SerdeMissingField { field, .. } => format!("the entry `{field}` is missing"),
        Error::SerdeUnknownVariant { expected, .. } => {
            format!("this is not one of the values it can be: {}", one_of(expected))
        }
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            format!("this is {}, expected {}", kind(unexpected), plain(expected))
        }
        Error::InvalidScalar { ty: "boolean", .. } => "this is neither true nor false".to_owned(),
        Error::InvalidScalar { ty, .. } => format!("this is not a number that fits, expected {}", plain(ty)),
        Error::Unexpected { expected, .. } => format!("expected {}", plain(expected)),
        Error::SerdeInvalidValue { expected, .. } => {
            format!("this cannot be used, expected {}", plain(expected))
        }
        Error::DuplicateMappingKey { .. } => "this entry is there twice; leave one of them".to_owned(),
        Error::MultipleDocuments { .. } => "a second document begins here; a configuration is one".to_owned(),
        Error::Budget { .. } => "this is more, or deeper, than a configuration can be".to_owned(),
        Error::NonFiniteFloat { .. } => "this number is not finite".to_owned(),
        Error::UnsupportedTag { .. } | Error::TaggedEnumMismatch { .. } => {
            "this tag (the word with `!`) does not belong here".to_owned()
        }
        // Somebody's own words, which may quote a value.
        _ => without_quotes(&UserMessageFormatter.format_message(error)),
    }
}

/// An entry that does not exist, and the one that was probably meant.
fn unknown_entry(field: &str, expected: &[&str]) -> String {
    let name: String = field.chars().take(QUOTED).flat_map(char::escape_debug).collect();
    let mut message = format!("there is no entry `{name}` here");
    let similar = expected.iter().map(|entry| (strsim::osa_distance(field, entry), entry)).min();
    let _ = match (field.split_once('.'), similar) {
        (Some((first, _)), _) if expected.contains(&first) => {
            write!(message, "; write `{first}:`, and what comes after the dot below it, indented")
        }
        (_, Some((distance, entry))) if distance <= field.len().max(entry.len()) / 3 => {
            write!(message, "; did you mean `{entry}`?")
        }
        _ => write!(message, "; there are {}", one_of(expected)),
    };
    message
}

fn one_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The word for what stands there, without the value that serde puts behind it.
fn kind(unexpected: &str) -> &str {
    unexpected.split(['"', '`', '\'']).next().unwrap_or_default().trim_end()
}

/// The words of the parser and of Rust in those of a reader.
fn plain(expected: &str) -> &str {
    match expected {
        "mapping start" => "entries below this one",
        "sequence start" => "a list",
        "string scalar" => "text",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        expected if expected.starts_with("a nonzero ") => "a whole number, 1 or more",
        other => other,
    }
}

/// `message` with nothing between its double quotes, and on one line.
fn without_quotes(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut characters = message.chars();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                kept.push_str(if is_quoted { "\"…" } else { "\"" });
            }
            '\\' if is_quoted => drop(characters.next()),
            _ if is_quoted => {}
            _ if character.is_control() => kept.push(' '),
            _ => kept.push(character),
        }
    }
    kept
}

#[cfg(test)]
mod tests;
