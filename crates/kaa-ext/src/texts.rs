//! Several texts in one allocation.

/// Texts one behind the other: what was checked to be text stays text, which bytes in a buffer do not.
#[derive(Debug, Default)]
pub(crate) struct Texts(String);

/// Where one of them is.
///
/// In 32 bits: a message is not larger than 64 MiB, and an envelope that is small is moved at less cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    start: u32,
    end: u32,
}

impl Texts {
    /// The most room that is used again: none that one long text needed stays with short ones.
    const KEPT: usize = 1_000;

    /// No texts. Where there is no room yet, there is for as many bytes as it is told.
    pub(crate) fn emptied(mut self, bytes: impl FnOnce() -> usize) -> Self {
        if self.0.capacity().wrapping_sub(1) < Self::KEPT {
            self.0.clear();
            return self;
        }
        Self(String::with_capacity(bytes()))
    }

    pub(crate) fn push(&mut self, text: &str) -> Part {
        let start = self.position();
        self.0.push_str(text);
        Part { start, end: self.position() }
    }

    /// Beyond what 32 bits can say there is no text.
    fn position(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The text of a part of these texts; an empty one of any others.
    pub(crate) fn get(&self, Part { start, end }: Part) -> &str {
        self.0.get(start as usize..end as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_found_again() {
        let mut texts = Texts::default();
        let words = ["ep-1", "", "größer", "/json"];
        let parts = words.map(|word| texts.push(word));
        assert_eq!(parts.map(|part| texts.get(part)), words);
    }

    #[test]
    fn a_part_of_other_texts_is_empty() {
        let part = Texts::default().push("ep-1");
        assert_eq!(Texts::default().get(part), "");
    }

    #[test]
    fn room_is_used_again_if_it_is_not_much() {
        let room = |bytes| Texts::default().emptied(|| bytes).emptied(|| 1).0.capacity();
        assert!(room(1_000) >= 1_000);
        assert!(room(1_001) < 1_001);
    }
}
