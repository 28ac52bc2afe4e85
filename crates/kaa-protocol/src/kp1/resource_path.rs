//! What a device asks an extension for.

use std::str::FromStr;

use crate::name::{NameError, Problem, Text, all_allowed, byte_table, text_newtype};

/// A resource path (`/config/json`): the part of a 1/KP path that belongs to the extension.
///
/// Empty, or it starts with a slash. It is taken literally: `/json`, `/json/` and `//json` are three
/// paths. It has neither MQTT's wildcards nor control characters, so that it fits a topic and a log
/// line, and at most [`MAX_LEN`](Self::MAX_LEN) bytes.
#[derive(Clone)]
pub struct ResourcePath(Text);

const PATH_BYTES: [bool; 256] = byte_table!(b' '..=b'"' | b'$'..=b'*' | b','..=b'~' | 0x80..=0xff);

impl ResourcePath {
    /// The longest path accepted, in bytes: well above what a front end lets in, well below what
    /// would hurt to keep.
    pub const MAX_LEN: usize = 4096;

    /// A path written in the source code.
    ///
    /// # Panics
    ///
    /// When `text` is not a resource path. In a `const` that is a compile error.
    pub const fn from_static(text: &'static str) -> Self {
        assert!(
            Self::accepts(text),
            "not a resource path: expected '/…' without '+', '#' and control characters"
        );
        Self(Text::Static(text))
    }

    /// The levels between the slashes: none for an empty path.
    ///
    /// ```
    /// use kaa_protocol::kp1::ResourcePath;
    ///
    /// let path = ResourcePath::from_static("/config//json");
    /// assert_eq!(path.levels().collect::<Vec<_>>(), ["config", "", "json"]);
    /// ```
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('/').skip(1)
    }

    const fn accepts(text: &str) -> bool {
        matches!(text.as_bytes(), [] | [b'/', ..])
            && text.len() <= Self::MAX_LEN
            && all_allowed(text.as_bytes(), &PATH_BYTES)
    }
}

impl FromStr for ResourcePath {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if Self::accepts(text) {
            return Ok(Self(Text::Shared(text.into())));
        }
        let problem = if text.len() > Self::MAX_LEN {
            Problem::TooLong(text.len())
        } else if !text.starts_with('/') {
            Problem::NoLeadingSlash
        } else {
            Problem::character(text, &PATH_BYTES)
        };
        let expected = "nothing, or '/' and up to 4095 bytes without '+', '#' and control characters";
        Err(NameError::new("a resource path", expected, text, problem))
    }
}

text_newtype!(ResourcePath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_literally() {
        for text in ["", "/", "//", "/json", "/json/", "//json", "/a b/ü", "/../x", "/a?b"] {
            assert_eq!(text.parse::<ResourcePath>().unwrap(), text);
        }
    }

    #[test]
    fn what_would_not_fit_a_topic_is_refused() {
        for text in ["json", " /json", "/+", "/a#", "/a\0", "/a\n", "/\u{7f}"] {
            assert!(text.parse::<ResourcePath>().is_err(), "{text:?}");
        }
        let error = "/a/+".parse::<ResourcePath>().unwrap_err().to_string();
        assert!(error.contains("'+' at byte 3 is not allowed"), "{error}");
    }

    #[test]
    fn the_length_limit_is_exact() {
        let longest = "/".repeat(ResourcePath::MAX_LEN);
        assert!(longest.parse::<ResourcePath>().is_ok());
        assert!(format!("{longest}/").parse::<ResourcePath>().is_err());
    }
}
