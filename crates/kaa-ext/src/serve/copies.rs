//! Messages out of the connection's read buffer, into buffers that may be kept.

use bytes::{Bytes, BytesMut};

/// Copies small messages together into chunks, so that most need no allocation of their own.
///
/// A payload is a slice of the connection's read buffer (64 KiB), and a handler that waits would keep
/// all of it alive: 35 kB for one slow message among fast ones. With the copy it is one chunk at
/// most. A large message fills most of its buffer anyway and is not copied.
#[derive(Default)]
pub(super) struct Copies {
    chunk: BytesMut,
}

impl Copies {
    /// The size of a chunk: what a message that is kept for long may hold in memory.
    const CHUNK: usize = 4 * 1024;
    /// Larger messages get a buffer of their own.
    const SMALL: usize = 1024;
    /// Larger messages are not copied.
    const LARGE: usize = 16 * 1024;

    /// The same bytes, in a buffer that is not much larger than they are.
    pub(super) fn keep(&mut self, datum: &Bytes) -> Bytes {
        let size = datum.len();
        if size > Self::LARGE {
            return datum.clone();
        }
        if size > Self::SMALL {
            return Bytes::copy_from_slice(datum);
        }
        if self.chunk.capacity() < size {
            self.chunk = BytesMut::with_capacity(Self::CHUNK);
        }
        self.chunk.extend_from_slice(datum);
        self.chunk.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_any_size_is_kept_unchanged() {
        let mut copies = Copies::default();
        let sizes = [0, 1, 300, 1023, 1024, 1025, 5000, 16 * 1024, 16 * 1024 + 1, 100_000];
        let kept: Vec<_> = (0..100)
            .map(|n| {
                let datum = Bytes::from(vec![n; sizes[usize::from(n) % sizes.len()]]);
                (copies.keep(&datum), datum)
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
            let kept = copies.keep(&datum);
            assert_eq!(kept.as_ptr() == datum.as_ptr(), is_shared, "{size}");
        }
    }
}
