//! A configuration: bytes with a media type, and an ID that follows from both.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The largest content, in bytes. It travels in one message, whose limit is twice that.
pub(crate) const MAX_CONTENT: usize = 512 * 1_024;

/// The longest media type, in bytes.
const MAX_TYPE: usize = 128;

/// JSON, unless something else is said: the default of 6/CDTP.
const JSON: &str = "application/json";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) id: String,
    pub(crate) content_type: String,
    pub(crate) content: Bytes,
}

/// Why something cannot be a configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    #[error("the content is larger than {MAX_CONTENT} bytes")]
    TooLarge,
    #[error("the content is no JSON, which its type says: {0}")]
    Json(#[source] serde_json::Error),
    #[error("the content is no JSON, which its type says: it is not UTF-8 from byte {0} on")]
    Utf8(usize),
    #[error("{0:?} is no type for a configuration; set Content-Type, such as application/json")]
    Type(String),
}

/// The first line of a stored configuration; the content is what follows.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    config_id: String,
    content_type: String,
}

impl Configuration {
    /// Checks the content: its size, and that JSON is JSON.
    pub(crate) fn new(content_type: Option<&str>, content: Bytes) -> Result<Self, ContentError> {
        let content_type = content_type.unwrap_or(JSON);
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_type = content_type.len() <= MAX_TYPE
            && content_type.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && essence.split_once('/').is_some_and(|(kind, of)| !kind.is_empty() && !of.is_empty());
        // What curl says when nobody told it the type: never what was meant.
        if !is_type || essence == "application/x-www-form-urlencoded" {
            return Err(ContentError::Type(content_type.chars().take(MAX_TYPE).collect()));
        }
        if content.len() > MAX_CONTENT {
            return Err(ContentError::TooLarge);
        }
        if essence == JSON || essence.ends_with("+json") {
            let text =
                std::str::from_utf8(&content).map_err(|error| ContentError::Utf8(error.valid_up_to()))?;
            serde_json::from_str::<IgnoredAny>(text).map_err(ContentError::Json)?;
        }
        Ok(Self { id: id(content_type, &content), content_type: content_type.to_owned(), content })
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        let head = Head { config_id: self.id.clone(), content_type: self.content_type.clone() };
        // Two strings: there is nothing in it that JSON cannot say.
        let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.content);
        bytes.into()
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub(crate) fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(bytes.get(..end)?).ok()?;
        let content = bytes.slice(end + 1..);
        Some(Self { id: head.config_id, content_type: head.content_type, content })
    }
}

/// The same for the same content of the same type, on every replica: half of a SHA-256, in hexadecimal digits.
fn id(content_type: &str, content: &[u8]) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(content_type.as_bytes());
    // A media type has no such byte, so the two cannot run into each other.
    hash.update(&[0]);
    hash.update(content);
    let mut id = HEXLOWER.encode(hash.finish().as_ref());
    id.truncate(32);
    id
}
