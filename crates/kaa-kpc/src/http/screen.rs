//! What of HTTP/1.1 no two readers understand differently.
//!
//! hyper is lenient where the specification allows it: a bare line feed ends a line, of a Content-Length
//! beside a Transfer-Encoding nothing is left to see, the fragment of a target disappears. Whoever
//! stands in front of this service, a proxy or an access rule, may have read another request. So the
//! bytes are looked at before hyper gets them, and one that leaves room for doubt goes no further.

mod chunks;
mod head;

use chunks::Chunks;
use head::Head;

/// A byte that leaves room for doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Doubt;

/// How long the body of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Sized(u64),
    Chunked,
}

/// Follows the requests of a connection, byte by byte and without keeping them.
#[derive(Debug)]
pub(super) struct Screen {
    part: Part,
    /// The bytes of the request so far.
    size: usize,
}

#[derive(Debug)]
enum Part {
    Head(Head),
    Sized(u64),
    Chunked(Chunks),
}

/// Where a stream of requests is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing of the next request has come.
    Between,
    Head,
    Body,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { part: Part::Head(Head::default()), size: 0 }
    }

    pub(super) fn place(&self) -> Place {
        match &self.part {
            Part::Head(head) if head.is_untouched() => Place::Between,
            Part::Head(_) => Place::Head,
            Part::Sized(_) | Part::Chunked(_) => Place::Body,
        }
    }

    /// Follows what came. `on_request` hears the size of each request that is complete.
    ///
    /// # Errors
    ///
    /// How many of the bytes are beyond doubt. Nothing more can be followed then.
    pub(super) fn follow(&mut self, bytes: &[u8], mut on_request: impl FnMut(usize)) -> Result<(), usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Ok(taken) = self.step(rest) else { return Err(bytes.len() - rest.len()) };
            rest = rest.get(taken..).unwrap_or_default();
            self.size = self.size.saturating_add(taken);
            if matches!(self.part, Part::Sized(0)) {
                self.part = Part::Head(Head::default());
                on_request(std::mem::take(&mut self.size));
            }
        }
        Ok(())
    }

    /// How many bytes were taken: at least one.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, Doubt> {
        match &mut self.part {
            Part::Head(head) => {
                let &[byte, ..] = bytes else { return Ok(0) };
                match head.take(byte)? {
                    None => {}
                    Some(Framing::Sized(len)) => self.part = Part::Sized(len),
                    Some(Framing::Chunked) => self.part = Part::Chunked(Chunks::default()),
                }
                Ok(1)
            }
            Part::Sized(left) => Ok(skip(left, bytes)),
            Part::Chunked(chunks) => {
                let taken = chunks.take(bytes)?;
                if chunks.is_complete() {
                    self.part = Part::Sized(0);
                }
                Ok(taken)
            }
        }
    }
}

/// Takes at most `left` bytes, and counts them off.
fn skip(left: &mut u64, bytes: &[u8]) -> usize {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    // At most `left`, so it fits.
    *left -= u64::try_from(taken).unwrap_or(*left);
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sizes of the requests in `bytes`, and how many bytes are beyond doubt.
    fn follow<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<usize>, Result<Place, usize>) {
        let (mut screen, mut sizes, mut before) = (Screen::new(), Vec::new(), 0);
        for piece in pieces {
            if let Err(good) = screen.follow(piece, |size| sizes.push(size)) {
                return (sizes, Err(before + good));
            }
            before += piece.len();
        }
        (sizes, Ok(screen.place()))
    }

    const STREAM: &[u8] = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\
        \r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n\
        POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nab\n\r\n0\r\n\r\nPO";

    #[test]
    fn requests_are_told_apart_however_they_are_cut() {
        let expected = (vec![51, 29, 74], Ok(Place::Head));
        assert_eq!(follow([STREAM]), expected);
        for cut in 0..STREAM.len() {
            let (one, two) = STREAM.split_at(cut);
            assert_eq!(follow([one, two]), expected, "cut at {cut}");
        }
        assert_eq!(follow(STREAM.chunks(1)), expected);
    }

    #[test]
    fn the_first_byte_in_doubt_is_named() {
        for (bytes, good) in [
            (&b"GET / HTTP/1.1\nHost: h\r\n\r\n"[..], 14),
            (b"GET /#x HTTP/1.1\r\n", 5),
            (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n", 22),
            (b"GET / HTTP/1.1\r\nA : b\r\n", 17),
            (b"\r\n\r\nGET / HTTP/1.1\r\n", 2),
        ] {
            assert_eq!(follow([bytes]).1, Err(good), "{}", bytes.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_cut_anywhere_are_followed_alike(
            noise in proptest::collection::vec(any::<u8>(), 0..40),
            at in 0..STREAM.len(),
            cut in 0..STREAM.len(),
        ) {
            let mut bytes = STREAM.to_vec();
            bytes.splice(at..(at + noise.len()).min(STREAM.len()), noise);
            let (one, two) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(follow([&bytes[..]]), follow([one, two]));
        }
    }
}
