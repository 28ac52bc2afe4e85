//! Percent-encoding of URL paths (RFC 3986).

use std::borrow::Cow;
use std::fmt::Write;

use super::error::Problem;

/// Resolves the escapes of a path, once: `%2541` is the text `%41`.
///
/// An escaped slash or NUL is refused: the path would mean one thing to whoever splits it before
/// decoding, a proxy or an access rule, and another to whoever splits it afterwards.
pub(super) fn decode(path: &str) -> Result<Cow<'_, str>, Problem> {
    if let Some(c) = path.chars().find(|c| matches!(c, '?' | '#')) {
        return Err(Problem::Query(c));
    }
    let mut pieces = path.split('%');
    let first = pieces.next().unwrap_or_default();
    if first.len() == path.len() {
        return Ok(path.into());
    }
    let mut decoded = first.as_bytes().to_vec();
    for piece in pieces {
        let (byte, literal) = escape(piece.as_bytes()).ok_or(Problem::BadEscape)?;
        if matches!(byte, b'/' | b'\0') {
            return Err(Problem::HiddenCharacter(byte.into()));
        }
        decoded.push(byte);
        decoded.extend_from_slice(literal);
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| Problem::NotUtf8)
}

/// The byte that two hexadecimal digits stand for, and what follows them.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], literal) = text.split_first_chunk()?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = u8::try_from(digit(high)? << 4 | digit(low)?).ok()?;
    Some((byte, literal))
}

/// Appends `path` to a URL path: slashes stay, and so does all that a segment may show as it is.
pub(super) fn encode(path: &str, url: &mut String) {
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*,;=:@/".contains(&byte) {
            url.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_once() {
        for (path, expected) in
            [("/json", "/json"), ("/a%20b", "/a b"), ("/%C3%bc", "/ü"), ("/%2541", "/%41"), ("%7E", "~")]
        {
            assert_eq!(decode(path).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_does_not_belong_in_a_segment_is_refused() {
        for (path, problem) in [
            ("/a%2Fb", Problem::HiddenCharacter('/')),
            ("/a%2fb", Problem::HiddenCharacter('/')),
            ("/a%00", Problem::HiddenCharacter('\0')),
            ("/%", Problem::BadEscape),
            ("/%4", Problem::BadEscape),
            ("/%4/", Problem::BadEscape),
            ("/%+4", Problem::BadEscape),
            ("/%%41", Problem::BadEscape),
            ("/%c3", Problem::NotUtf8),
            ("/%c3a", Problem::NotUtf8),
            ("/json?x=1", Problem::Query('?')),
            ("/json#x", Problem::Query('#')),
        ] {
            assert_eq!(decode(path), Err(problem), "{path}");
        }
    }

    #[test]
    fn what_a_url_cannot_show_is_escaped() {
        let mut url = String::new();
        encode("/a b/ü/100%?~", &mut url);
        assert_eq!(url, "/a%20b/%C3%BC/100%25%3F~");
    }
}
