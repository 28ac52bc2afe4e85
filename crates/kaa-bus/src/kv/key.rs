//! Any text as one token of a NATS subject, and back.
//!
//! ASCII letters, digits, `_` and `-` stand for themselves; every other byte is `=` and two hexadecimal
//! digits, as in `a=2Eb` for `a.b`. The empty text is a lone `=`.

/// The longest key, in bytes. Encoded it is at most three times as long, which leaves room in the 4 KiB
/// that nats-server allows for one line of its protocol.
pub(crate) const MAX_KEY_LEN: usize = 1_024;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

pub(crate) fn encode(key: &str) -> String {
    if key.is_empty() {
        return "=".to_owned();
    }
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            encoded.push(char::from(byte));
        } else {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit));
            encoded.extend(['=', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

/// The key behind an encoded one; `None` for what [`encode`] never makes: somebody else wrote it.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    if encoded == "=" {
        return Some(String::new());
    }
    let mut key = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let mut digit =
                || char::from(bytes.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (high, low) = (digit()?, digit()?);
            key.push(high << 4 | low);
        } else {
            key.push(byte);
        }
    }
    let key = String::from_utf8(key).ok()?;
    // One key, one spelling: anything else would be a key that cannot be read again.
    (encode(&key) == encoded).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_is_one_token() {
        let texts = ["", "=", "a", "a.b", "*", ">", "a b", "ü/ж", "..", "a=2Eb", "\0\r\n", "A_z-9", "="];
        for text in texts {
            let encoded = encode(text);
            assert_eq!(decode(&encoded).as_deref(), Some(text), "{encoded}");
            assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"=_-".contains(&b)), "{encoded}");
        }
        for char in '\0'..='\u{2000}' {
            let text = char.to_string();
            assert_eq!(decode(&encode(&text)), Some(text));
        }
    }

    #[test]
    fn what_was_never_encoded_is_no_key() {
        for foreign in ["", "a.b", "a=", "=4", "=zz", "=41", "=2e", "=FF", "==", "a==3D"] {
            assert_eq!(decode(foreign), None, "{foreign}");
        }
    }
}
