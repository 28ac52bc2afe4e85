//! Several texts in one allocation.

/// Texts one behind the other: what was checked to be text stays text, which bytes in a buffer do not.
#[derive(Debug)]
pub(crate) struct Texts(String);

/// Where one of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    start: usize,
    end: usize,
}

impl Texts {
    /// Room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    pub(crate) fn push(&mut self, text: &str) -> Part {
        let start = self.0.len();
        self.0.push_str(text);
        Part { start, end: self.0.len() }
    }

    /// The text of a part of these texts; an empty one of any others.
    pub(crate) fn get(&self, Part { start, end }: Part) -> &str {
        self.0.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_found_again() {
        let mut texts = Texts::with_capacity(8);
        let words = ["ep-1", "", "größer", "/json"];
        let parts = words.map(|word| texts.push(word));
        assert_eq!(parts.map(|part| texts.get(part)), words);
    }

    #[test]
    fn a_part_of_other_texts_is_empty() {
        let mut others = Texts::with_capacity(0);
        let part = others.push("ep-1");
        assert_eq!(Texts::with_capacity(0).get(part), "");
    }
}
