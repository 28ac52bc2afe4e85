//! Texts that are there, and texts that may be.

use bytestring::ByteString;

/// A field that names something: required, or nullable.
pub(crate) trait OptionalText {
    fn text(&self) -> Option<&str>;

    /// Gives the field a value if it has none.
    fn fill(&mut self, text: &ByteString);
}

impl OptionalText for ByteString {
    fn text(&self) -> Option<&str> {
        Some(self)
    }

    fn fill(&mut self, text: &ByteString) {
        if self.is_empty() {
            *self = text.clone();
        }
    }
}

impl OptionalText for Option<ByteString> {
    fn text(&self) -> Option<&str> {
        self.as_deref()
    }

    fn fill(&mut self, text: &ByteString) {
        if self.is_none() {
            *self = Some(text.clone());
        }
    }
}
