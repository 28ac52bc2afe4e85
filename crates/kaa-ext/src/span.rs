//! A part of a buffer by position.

use bytes::Bytes;

/// Where a part lies in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// The position of `part`, which has to be a slice of `whole`; an empty span otherwise.
    pub(crate) fn of(whole: &[u8], part: &[u8]) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
        match start.checked_add(part.len()) {
            Some(end) if end <= whole.len() => Self { start, end },
            _ => Self { start: 0, end: 0 },
        }
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start..self.end
    }

    /// The part as a slice that shares the buffer.
    pub(crate) fn slice(self, whole: &Bytes) -> Bytes {
        if self.end <= whole.len() { whole.slice(self.range()) } else { Bytes::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_again_in_a_copy_of_the_buffer() {
        let whole = b"correlation/json".as_slice();
        let span = Span::of(whole, &whole[11..]);
        let copy = Bytes::copy_from_slice(whole);
        assert_eq!(span.slice(&copy), "/json");
    }

    #[test]
    fn a_slice_of_something_else_is_an_empty_part() {
        let (whole, other) = ([1, 2, 3], [4, 5, 6]);
        assert_eq!(Span::of(&whole, &other).range(), 0..0);
    }
}
