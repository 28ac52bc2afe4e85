//! The head of a request: its lines, and which body they announce.

use super::{Doubt, Framing};

/// A head so far.
#[derive(Debug, Default)]
pub(super) struct Head {
    at: At,
    /// The last eight bytes of the request line.
    version: [u8; 8],
    name: Word,
    value: Word,
    framing: Option<Framing>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Start,
    /// In the one empty line that may precede a request (RFC 9112, section 2.2).
    EmptyLine,
    Method,
    RequestLine,
    LineEnd,
    LineStart,
    Name,
    Value,
    LastLine,
}

impl Head {
    /// Whether nothing of the request itself has come.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self.at, At::Start | At::EmptyLine | At::Method)
    }

    /// Takes one byte; with the last one it is known which body follows.
    pub(super) fn take(&mut self, byte: u8) -> Result<Option<Framing>, Doubt> {
        self.at = match (self.at, byte) {
            (At::Start, b'\r') => At::EmptyLine,
            (At::EmptyLine, b'\n') => At::Method,
            (At::Start | At::Method, _) if is_token(byte) => At::RequestLine,
            // hyper has no answer to the preface of HTTP/2 but to hang up.
            (At::RequestLine, b'\r') if matches!(&self.version, b"HTTP/1.1" | b"HTTP/1.0") => At::LineEnd,
            // No fragment, and nothing that is not ASCII.
            (At::RequestLine, b' '..=b'"' | b'$'..=b'~') => {
                self.version.rotate_left(1);
                self.version[7] = byte;
                At::RequestLine
            }
            (At::LineEnd, b'\n') => At::LineStart,
            (At::LineStart, b'\r') => At::LastLine,
            // Not a blank: it would continue the line before in the eyes of some (RFC 9112, section 5.2).
            (At::LineStart, _) if is_token(byte) => {
                (self.name, self.value) = (Word::default(), Word::default());
                self.name.push(byte);
                At::Name
            }
            (At::Name, b':') => At::Value,
            (At::Name, _) if is_token(byte) => {
                self.name.push(byte);
                At::Name
            }
            (At::Value, b'\r') => {
                self.read_field()?;
                At::LineEnd
            }
            (At::Value, b'\t' | b' '..=b'~' | 0x80..) => {
                self.value.push(byte);
                At::Value
            }
            (At::LastLine, b'\n') => return Ok(Some(self.framing.unwrap_or(Framing::Sized(0)))),
            _ => return Err(Doubt),
        };
        Ok(None)
    }

    /// Of everything that says how long the body is, only one may say it, and once.
    fn read_field(&mut self) -> Result<(), Doubt> {
        let value = self.value.text().map(<[u8]>::trim_ascii);
        let framing = match self.name.text() {
            Some(b"content-length") => Framing::Sized(value.and_then(decimal).ok_or(Doubt)?),
            Some(b"transfer-encoding") if value == Some(b"chunked") => Framing::Chunked,
            Some(b"transfer-encoding") => return Err(Doubt),
            _ => return Ok(()),
        };
        self.framing.replace(framing).map_or(Ok(()), |_| Err(Doubt))
    }
}

/// A short text in lower case. What does not fit is none that matters here.
#[derive(Debug, Default)]
struct Word {
    bytes: [u8; 24],
    len: usize,
}

impl Word {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte.to_ascii_lowercase();
        }
        self.len = self.len.saturating_add(1);
    }

    fn text(&self) -> Option<&[u8]> {
        self.bytes.get(..self.len)
    }
}

/// A character of a method or of a name (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Digits and nothing else, of a number that fits 63 bits: for some, one more makes it negative.
fn decimal(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let number: i64 = std::str::from_utf8(text).ok().filter(|_| is_number)?.parse().ok()?;
    u64::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(fields: &str) -> Result<Option<Framing>, Doubt> {
        let head = format!("POST / HTTP/1.1\r\n{fields}\r\n");
        let mut reader = Head::default();
        let mut end = None;
        for byte in head.bytes() {
            assert_eq!(end, None);
            end = reader.take(byte)?;
        }
        Ok(end)
    }

    #[test]
    fn a_head_says_which_body_follows() {
        for (fields, expected) in [
            ("", Framing::Sized(0)),
            ("Content-Length: 0\r\n", Framing::Sized(0)),
            ("content-length:42\r\n", Framing::Sized(42)),
            ("CONTENT-LENGTH: \t 0042 \r\n", Framing::Sized(42)),
            ("Content-Length: 9223372036854775807\r\n", Framing::Sized(i64::MAX.unsigned_abs())),
            ("Transfer-Encoding: chunked\r\n", Framing::Chunked),
            ("A: b\r\nTRANSFER-ENCODING:CHUNKED\r\nC: d\r\n", Framing::Chunked),
            ("Content-Length-And-More-Than-That: 7\r\n", Framing::Sized(0)),
            ("X-Content-Length: 7\r\n", Framing::Sized(0)),
        ] {
            assert_eq!(framing(fields), Ok(Some(expected)), "{fields:?}");
        }
    }

    #[test]
    fn a_body_whose_length_is_said_twice_or_otherwise_is_in_doubt() {
        for fields in [
            "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: 0x1\r\n",
            "Content-Length: \r\n",
            "Content-Length: 1 1\r\n",
            "Content-Length: 9223372036854775808\r\n",
            "Content-Length: 18446744073709551616\r\n",
            "Content-Length:                        1\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: \"chunked\"\r\n",
            "Transfer-Encoding: chunked;a=b\r\n",
            "Transfer-Encoding: \x0bchunked\r\n",
            "Transfer-Encoding:\r\n",
        ] {
            assert_eq!(framing(fields), Err(Doubt), "{fields:?}");
        }
    }

    #[test]
    fn control_characters_belong_nowhere() {
        for byte in (0..0x20).chain([0x7f]) {
            for field in [&[byte, b'a', b':'][..], &[b'a', byte, b':'], &[b'a', b':', byte, b'b']] {
                let text = std::str::from_utf8(field).unwrap();
                let is_tab_in_value = byte == b'\t' && field[0] == b'a' && field[1] == b':';
                assert_eq!(framing(&format!("{text}\r\n")).is_ok(), is_tab_in_value, "{text:?}");
            }
        }
    }
}
