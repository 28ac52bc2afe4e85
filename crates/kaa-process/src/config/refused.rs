//! Why the entries are not the configuration they were meant to be, in words that are not those of a file.

use std::fmt::{self, Write};

use serde::de::{self, Expected, Unexpected};

use super::Origin;

/// The longest part of an unknown name that is repeated, in characters.
pub(super) const QUOTED: usize = 64;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) problem: Problem,
    /// Where; unknown for what serde has taken out of its place.
    pub(super) origin: Option<Origin>,
    /// What stands there, where that may be repeated.
    pub(super) given: Option<String>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Problem {
    /// A value that the entry cannot have: what it is, and what was expected.
    Unfit { what: String, expected: String },
    /// None of the words that the entry can be.
    Choice(&'static [&'static str]),
    /// An entry that does not exist, and those that do.
    Unknown { name: String, expected: &'static [&'static str] },
    /// An entry that has to be there.
    Missing(&'static str),
    /// Somebody's own words, which may quote a value.
    Other(String),
}

impl Refused {
    pub(super) fn new(problem: Problem) -> Self {
        Self { problem, origin: None, given: None }
    }

    pub(super) fn unfit(what: &str, expected: impl Into<String>) -> Self {
        Self::new(Problem::Unfit { what: what.to_owned(), expected: expected.into() })
    }

    /// What is wrong in a file, without what stands there.
    pub(super) fn in_file(&self) -> String {
        match &self.problem {
            Problem::Unfit { what, expected } => format!("{what}, expected {expected}"),
            Problem::Choice(names) => format!("this is not one of the values it can be: {}", one_of(names)),
            Problem::Unknown { name, expected } => unknown_entry(name, expected),
            Problem::Missing(name) => format!("the entry `{name}` is missing"),
            Problem::Other(text) => without_quotes(text),
        }
    }

    /// What is wrong in a variable or a flag.
    pub(super) fn in_word(&self) -> String {
        match &self.problem {
            Problem::Unfit { expected, .. } => format!("expected {expected}"),
            Problem::Choice(names) => format!("expected one of {}", one_of(names)),
            Problem::Unknown { name, expected } => unknown_entry(name, expected),
            Problem::Missing(name) => format!("the entry `{name}` beside it is missing"),
            Problem::Other(text) => {
                // The value stands before it already, and only where it may.
                let is_shown = self.given.as_ref().is_some_and(|given| text.contains(&format!("{given:?}")));
                if is_shown { text.clone() } else { without_quotes(text) }
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_file())
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(Problem::Other(text.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let what = match unexpected {
            Unexpected::Seq => "this is a list".to_owned(),
            Unexpected::Map => "these are entries".to_owned(),
            Unexpected::Unit | Unexpected::Option => "there is nothing".to_owned(),
            Unexpected::Str(_) => "this is text".to_owned(),
            unexpected => format!("this is {}", without_value(&unexpected.to_string())),
        };
        Self::unfit(&what, plain(&expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::unfit("this cannot be used", plain(&expected.to_string()))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::Choice(expected))
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::Unknown { name: name.to_owned(), expected })
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Problem::Missing(name))
    }
}

/// An entry that does not exist, and the one that was probably meant.
fn unknown_entry(name: &str, expected: &[&str]) -> String {
    let shown = shown(name);
    let mut message = format!("there is no entry `{shown}` here");
    let _ = match (name.split_once('.'), similar(name, expected)) {
        (Some((first, _)), _) if expected.contains(&first) => {
            write!(message, "; write `{first}:`, and what comes after the dot below it, indented")
        }
        (_, Some(entry)) => write!(message, "; did you mean `{entry}`?"),
        (_, None) => write!(message, "; there are {}", one_of(expected)),
    };
    message
}

/// A name somebody made up, fit to be shown.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(QUOTED).flat_map(char::escape_debug).collect()
}

/// The one of these names that was probably meant.
pub(super) fn similar<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let (distance, nearest) = names.iter().map(|entry| (strsim::osa_distance(name, entry), *entry)).min()?;
    (distance <= name.len().max(nearest.len()) / 3).then_some(nearest)
}

pub(super) fn one_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The word for what stands there, without the value that serde puts behind it.
fn without_value(unexpected: &str) -> &str {
    unexpected.split(['"', '`', '\'']).next().unwrap_or_default().trim_end()
}

/// The words of Rust in those of a reader.
pub(super) fn plain(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a string" => "text",
        "path string" => "the path of a file",
        "socket address" => "an address and a port such as 127.0.0.1:80",
        "unit" => "nothing: there are no entries here",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        expected if expected.starts_with("a nonzero ") => "a whole number, 1 or more",
        expected if expected.starts_with("struct ") || expected == "a map" => "entries below this one",
        other => other,
    }
}

/// `message` with nothing between its double quotes, and on one line.
pub(super) fn without_quotes(message: &str) -> String {
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
