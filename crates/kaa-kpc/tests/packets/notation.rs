//! Bytes as one writes them down: `30 0a 0005 'topic' 'x'`.

/// Hex digits in pairs and texts in quotes, with spaces between them.
pub(crate) fn bytes(notation: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, part) in notation.split('\'').enumerate() {
        if index % 2 == 1 {
            bytes.extend_from_slice(part.as_bytes());
            continue;
        }
        let digits: Vec<u8> = part.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        bytes.extend(data_encoding::HEXLOWER.decode(&digits).unwrap());
    }
    bytes
}

#[test]
fn the_notation_is_hex_and_quoted_text() {
    assert_eq!(bytes("30 0a 0005 'to ic' ff"), b"\x30\x0a\x00\x05to ic\xff");
}
