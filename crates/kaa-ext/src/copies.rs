//! Bytes out of a large buffer that lives on, into buffers that may be kept.

use bytes::{Bytes, BytesMut};

use crate::span::Span;

/// Copies what is small together into chunks, so that most of it needs no allocation of its own.
///
/// A payload is a slice of the connection's read buffer (64 KiB), and a handler that waits would keep
/// all of it alive: 35 kB for one slow message among fast ones. With the copy it is one chunk at
/// most. What is large fills most of its buffer anyway and is not copied.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    chunk: BytesMut,
}

impl Copies {
    /// The size of a chunk: what a part that is kept for long may hold in memory. From 1,024 bytes on the
    /// allocator of glibc tidies up whenever one is taken, which costs more than all the rest.
    const CHUNK: usize = 1_000;
    /// What is larger gets a buffer of its own.
    pub(crate) const SMALL: usize = 500;
    /// What is larger is not copied.
    const LARGE: usize = 16 * 1024;

    /// A part of a buffer, in one that is not much larger than the part.
    pub(crate) fn keep(&mut self, buffer: &Bytes, part: &[u8]) -> Bytes {
        if part.len() > Self::LARGE { Span::of(buffer, part).slice(buffer) } else { self.copy(part) }
    }

    /// The same bytes, in a buffer of their own or a chunk.
    pub(crate) fn copy(&mut self, bytes: &[u8]) -> Bytes {
        let size = bytes.len();
        if size > Self::SMALL {
            return Bytes::copy_from_slice(bytes);
        }
        if self.chunk.capacity() < size {
            self.chunk = BytesMut::with_capacity(Self::CHUNK);
        }
        self.chunk.extend_from_slice(bytes);
        self.chunk.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_any_size_is_kept_unchanged() {
        let mut copies = Copies::default();
        let sizes = [0, 1, 300, 499, 500, 501, 5000, 16 * 1024, 16 * 1024 + 1, 100_000];
        let kept: Vec<_> = (0..100)
            .map(|n| {
                let datum = Bytes::from(vec![n; sizes[usize::from(n) % sizes.len()]]);
                (copies.keep(&datum, &datum), datum)
            })
            .collect();
        for (kept, datum) in kept {
            assert_eq!(kept, datum);
        }
    }

    #[test]
    fn only_a_large_message_keeps_the_buffer_it_came_in() {
        let mut copies = Copies::default();
        for (size, is_shared) in [(300, false), (5000, false), (20_000, true)] {
            let datum = Bytes::from(vec![7; size]);
            let kept = copies.keep(&datum, &datum);
            assert_eq!(kept.as_ptr() == datum.as_ptr(), is_shared, "{size}");
        }
    }
}
