//! Text of strangers that is long, made short and harmless.

use std::borrow::Cow;

use kaa_process::terminal::escaped;

/// The text escaped, and no longer than this many characters of the original.
pub(crate) fn clipped(text: &str, limit: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(limit) else { return escaped(text) };
    let (head, tail) = text.split_at(end);
    Cow::Owned(format!("{}… ({} more bytes)", escaped(head), tail.len()))
}

/// The text with its lines as they are, and what is in them escaped.
pub(crate) fn escaped_lines(text: &str) -> String {
    text.split('\n').map(escaped).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_says_how_much_of_it_is_missing() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöü\n", 2), "äö… (3 more bytes)");
    }

    #[test]
    fn lines_stay_and_nothing_in_them_is_obeyed() {
        assert_eq!(escaped_lines("a\x1b[2J\r\n b\n"), "a\\u{1b}[2J\\r\n b\n");
    }
}
