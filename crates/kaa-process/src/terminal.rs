//! What may reach a terminal: text that it shows and does not obey, and colours where somebody sees them.

use std::borrow::Cow;
use std::env;
use std::fmt::{self, Write};
use std::io::IsTerminal;

/// Whether what is written there may be coloured: it is a terminal and no dumb one, and `NO_COLOR` is not set or empty.
pub fn wants_colours(output: &impl IsTerminal) -> bool {
    output.is_terminal()
        && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether a character may break a line, move the cursor, or turn what follows around. None of them has more than four
/// hexadecimal digits.
pub fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text with what is hostile as escapes of Rust.
pub fn escaped(text: &str) -> Cow<'_, str> {
    replaced(text, |safe, hostile| write!(safe, "{}", hostile.escape_default()))
}

/// A line of JSON with the same as escapes of JSON, so that it means the same. JSON itself escapes only some of it; the
/// rest can only stand in texts.
pub fn escaped_json(line: &str) -> Cow<'_, str> {
    replaced(line, |safe, hostile| write!(safe, "\\u{:04x}", u32::from(hostile)))
}

fn replaced(text: &str, escape: impl Fn(&mut String, char) -> fmt::Result) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hostile(character) {
            // Writing to a String cannot fail.
            let _ = escape(&mut safe, character);
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_that_it_would_obey() {
        assert_eq!(escaped("plain, ä and 日"), "plain, ä and 日");
        assert_eq!(escaped("a\x1b[2Jb\r\n\0"), r"a\u{1b}[2Jb\r\n\u{0}");
        assert_eq!(escaped("\u{9b}2J \u{202e}abc\u{feff}"), r"\u{9b}2J \u{202e}abc\u{feff}");
    }

    #[test]
    fn json_means_the_same_after_it_was_escaped() {
        let value = serde_json::json!({ "a\u{9b}": "\u{7f}\u{61c}\u{202e}\u{feff}\n ä" });
        let line = value.to_string();
        let safe = escaped_json(&line);
        assert!(!safe.contains(is_hostile), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }
}
