//! A chunked body: where its chunks end, and where it does.

use super::{Doubt, skip};

/// A chunked body so far (RFC 9112, section 7.1).
///
/// It has no trailers: nobody here would read them, and a field that comes after the head is a way
/// around whatever looks at heads. Its extensions are ignored, but not without end.
#[derive(Debug)]
pub(super) struct Chunks {
    at: At,
    /// How many bytes of extensions may still come.
    extensions_left: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Size { digits: u8, size: u64 },
    Extension { size: u64 },
    SizeEnd { size: u64 },
    Data { left: u64 },
    DataEnd,
    DataLineFeed,
    LastLine,
    LastLineFeed,
    Complete,
}

/// Enough for four gigabytes.
const MAX_DIGITS: u8 = 8;

/// The most bytes of all extensions of a body.
const MAX_EXTENSIONS: u16 = 256;

impl Default for Chunks {
    fn default() -> Self {
        Self { at: At::Size { digits: 0, size: 0 }, extensions_left: MAX_EXTENSIONS }
    }
}

impl Chunks {
    pub(super) fn is_complete(&self) -> bool {
        self.at == At::Complete
    }

    /// How many bytes were taken: one, or as much of a chunk as there is.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<usize, Doubt> {
        let &[byte, ..] = bytes else { return Ok(0) };
        let mut taken = 1;
        self.at = match (self.at, byte) {
            (At::Size { digits: 1.., size }, b'\r') => At::SizeEnd { size },
            (At::Size { digits: 1.., size }, b';') => At::Extension { size },
            (At::Size { digits, size }, _) if digits < MAX_DIGITS => {
                let digit = char::from(byte).to_digit(16).ok_or(Doubt)?;
                At::Size { digits: digits + 1, size: size << 4 | u64::from(digit) }
            }
            (At::Extension { size }, b'\r') => At::SizeEnd { size },
            (At::Extension { size }, b'\t' | b' '..=b'~') => {
                self.extensions_left = self.extensions_left.checked_sub(1).ok_or(Doubt)?;
                At::Extension { size }
            }
            (At::SizeEnd { size: 0 }, b'\n') => At::LastLine,
            (At::SizeEnd { size }, b'\n') => At::Data { left: size },
            (At::Data { mut left }, _) => {
                taken = skip(&mut left, bytes);
                if left == 0 { At::DataEnd } else { At::Data { left } }
            }
            (At::DataEnd, b'\r') => At::DataLineFeed,
            (At::DataLineFeed, b'\n') => At::Size { digits: 0, size: 0 },
            (At::LastLine, b'\r') => At::LastLineFeed,
            (At::LastLineFeed, b'\n') => At::Complete,
            _ => return Err(Doubt),
        };
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes the body takes; `None` while it has not ended.
    fn len(body: &[u8]) -> Result<Option<usize>, Doubt> {
        let (mut chunks, mut at) = (Chunks::default(), 0);
        while at < body.len() && !chunks.is_complete() {
            at += chunks.take(&body[at..])?;
        }
        Ok(chunks.is_complete().then_some(at))
    }

    #[test]
    fn a_body_ends_with_its_empty_chunk() {
        assert_eq!(len(b"0\r\n\r\nrest"), Ok(Some(5)));
        assert_eq!(len(b"3\r\nab\n\r\n00000000\r\n\r\n"), Ok(Some(20)));
        assert_eq!(len(b"A\r\n0123456789\r\n0;last\r\n\r\n"), Ok(Some(25)));
        assert_eq!(len(b"3\r\nabc\r\n0\r\n"), Ok(None));
    }

    #[test]
    fn whatever_else_is_in_doubt() {
        for body in [
            &b"\r\n"[..],
            b";a\r\n",
            b"g\r\n",
            b"-1\r\n",
            b"0x1\r\n",
            b" 1\r\n",
            b"1 \r\n",
            b"1\n",
            b"1\rx",
            b"000000001\r\n",
            b"ffffffffffffffff1\r\n",
            b"1\r\nab\r\n",
            b"1\r\na\n",
            b"1\r\na\rb",
            b"1;\na\r\n",
            b"1;a\x00b\r\n",
            b"0\r\nTrailer: x\r\n\r\n",
            b"0\r\n\n",
            b"0\r\n\rx",
        ] {
            assert_eq!(len(body), Err(Doubt), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn extensions_end_somewhere() {
        let body = |len: usize| [&b"1;"[..], &vec![b'a'; len - 1], b"\r\nx\r\n0;b\r\n\r\n"].concat();
        for len_of_all in [255, 256] {
            assert!(matches!(len(&body(len_of_all)), Ok(Some(_))));
        }
        assert_eq!(len(&body(257)), Err(Doubt));
    }
}
