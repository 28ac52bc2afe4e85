//! One sample after another.

use std::iter::FusedIterator;
use std::ops::Range;

use bytes::Bytes;

use crate::json::{Mark, Outline};

/// Where an iterator is.
#[derive(Debug, Clone)]
struct Cursor {
    /// Where the next sample begins, or the whitespace in front of it.
    at: usize,
    left: usize,
}

impl Cursor {
    /// Moves behind the next sample and its comma.
    fn next(&mut self, text: &[u8]) -> Option<Range<usize>> {
        self.left = self.left.checked_sub(1)?;
        let rest = text.get(self.at..)?;
        let comma = Outline::new(rest).find(|mark| matches!(mark, Mark { byte: b',', depth: 0, .. }));
        let end = self.at + comma.map_or(rest.len(), |mark| mark.at);
        let sample = self.at..end;
        self.at = end + 1;
        Some(sample)
    }
}

/// The samples of [`Samples`](super::Samples) as slices of the payload.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    text: &'a [u8],
    cursor: Cursor,
}

impl<'a> Iter<'a> {
    pub(super) fn new(text: &'a [u8], count: usize) -> Self {
        Self { text, cursor: Cursor { at: 0, left: count } }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let sample = self.cursor.next(self.text)?;
        self.text.get(sample).map(<[u8]>::trim_ascii)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.cursor.left, Some(self.cursor.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// The samples of [`Samples`](super::Samples) as [`Bytes`] that share the payload.
#[derive(Debug, Clone)]
pub struct IntoIter {
    text: Bytes,
    cursor: Cursor,
}

impl IntoIter {
    pub(super) fn new(text: Bytes, count: usize) -> Self {
        Self { text, cursor: Cursor { at: 0, left: count } }
    }
}

impl Iterator for IntoIter {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let sample = self.cursor.next(&self.text)?;
        self.text.get(sample).map(|sample| self.text.slice_ref(sample.trim_ascii()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.cursor.left, Some(self.cursor.left))
    }
}

impl ExactSizeIterator for IntoIter {}
impl FusedIterator for IntoIter {}
