//! Text of strangers, made harmless.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with everything escaped that a terminal would not show but obey: control characters of both kinds, and the
/// marks that turn the direction of writing around.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "{}", c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// A line of JSON in which the same is escaped in the words of JSON, so that it means the same: JSON itself escapes only
/// some of it.
pub(crate) fn escaped_json(line: &str) -> Cow<'_, str> {
    if !line.chars().any(is_unsafe) {
        return Cow::Borrowed(line);
    }
    let mut safe = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if is_unsafe(c) {
            // All of them have at most four digits. Writing to a String cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The text escaped, and no longer than this many characters of the original.
pub(crate) fn clipped(text: &str, limit: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(limit) else { return escaped(text) };
    let (head, tail) = text.split_at(end);
    Cow::Owned(format!("{}… ({} more bytes)", escaped(head), tail.len()))
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_that_it_would_obey() {
        assert_eq!(escaped("plain, ä and 日"), "plain, ä and 日");
        assert_eq!(escaped("a\x1b[2Jb\r\n\0"), r"a\u{1b}[2Jb\r\n\u{0}");
        assert_eq!(escaped("\u{9b}2J \u{202e}abc"), r"\u{9b}2J \u{202e}abc");
    }

    #[test]
    fn json_means_the_same_after_it_was_escaped() {
        let value = serde_json::json!({ "a\u{9b}": "\u{7f}\u{202e}\n ä" });
        let line = value.to_string();
        let safe = escaped_json(&line);
        assert!(!safe.chars().any(is_unsafe), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn a_long_text_says_how_much_of_it_is_missing() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöü\n", 2), "äö… (3 more bytes)");
    }
}
