//! JSON text, seen from far away.

/// The structure of JSON text: its brackets and commas outside strings, in order.
///
/// It allocates nothing and does not ask whether the text is JSON. Up to the point where text stops
/// being JSON, what it says is right.
pub(crate) struct Outline<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

/// A bracket or a comma.
pub(crate) struct Mark {
    /// Its offset in the text.
    pub(crate) at: usize,
    /// The character: one of `[`, `]`, `{`, `}` and `,`.
    pub(crate) byte: u8,
    /// How many arrays and objects are open behind it.
    pub(crate) depth: usize,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Moves on to the next byte that is one of `wanted`, and behind it.
    fn seek(&mut self, wanted: impl Fn(u8) -> bool) -> Option<(usize, u8)> {
        let rest = self.text.get(self.at..)?;
        let offset = rest.iter().position(|byte| wanted(*byte))?;
        let byte = *rest.get(offset)?;
        let at = self.at + offset;
        self.at = at + 1;
        Some((at, byte))
    }

    /// Moves behind the quote that ends the string.
    fn skip_string(&mut self) -> Option<()> {
        while let (_, b'\\') = self.seek(|byte| matches!(byte, b'"' | b'\\'))? {
            self.at += 1;
        }
        Some(())
    }
}

impl Iterator for Outline<'_> {
    type Item = Mark;

    fn next(&mut self) -> Option<Mark> {
        loop {
            let (at, byte) = self.seek(|byte| matches!(byte, b'"' | b'[' | b']' | b'{' | b'}' | b','))?;
            match byte {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            return Some(Mark { at, byte, depth: self.depth });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str) -> String {
        Outline::new(text.as_bytes()).map(|mark| format!("{}{}", char::from(mark.byte), mark.depth)).collect()
    }

    #[test]
    fn brackets_and_commas_are_seen_with_their_depth() {
        assert_eq!(marks(r#" [1, {"a": [2, 3]}] "#), "[1,1{2[3,3]2}1]0");
        assert_eq!(marks("12"), "");
    }

    #[test]
    fn what_a_string_contains_is_not_structure() {
        assert_eq!(marks(r#"["[", "\"]", "\\", "{\\\"", ","]"#), "[1,1,1,1,1]0");
    }

    #[test]
    fn text_that_is_not_json_has_an_outline_too() {
        assert_eq!(marks(r#"]}[,"\"#), "]0}0[1,1");
        assert_eq!(marks(r#"["[[["#), "[1");
    }
}
