//! Topic names and topic filters (section 4.7 of both specifications).

use std::fmt;

use bytestring::ByteString;

use super::packet::ProtocolVersion;
use super::reason::ReasonCode;

/// The longest text on the wire, in bytes.
pub(super) const MAX_TEXT_LEN: usize = u16::MAX as usize;

/// The name of a topic that something is published to.
///
/// At least one character, at most 65,535 bytes, no wildcard, no U+0000. Control characters are not
/// taken either: a receiver may refuse them, and they have no place in a name that ends up in
/// a log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopicName(ByteString);

impl TopicName {
    /// Checks a topic name.
    ///
    /// # Errors
    ///
    /// Those of [`TopicError`] that are about names.
    pub fn new(text: impl Into<ByteString>) -> Result<Self, TopicError> {
        let text = text.into();
        check_name(&text)?;
        Ok(Self(text))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as text that shares its buffer.
    pub fn into_text(self) -> ByteString {
        self.0
    }

    /// A copy with a buffer of its own.
    pub(super) fn detached(&self) -> Self {
        Self(ByteString::from(self.as_str()))
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a client subscribes to: a topic name whose levels may be wildcards.
///
/// With MQTT 5 it may start with `$share/` and the name of a group. To MQTT 3.1.1 that is a name like any
/// other.
///
/// ```
/// # use kaa_kpc::mqtt::packet::ProtocolVersion;
/// use kaa_kpc::mqtt::TopicFilter;
///
/// let filter = TopicFilter::new("$share/workers/kp1/+/#", ProtocolVersion::V5)?;
/// assert_eq!(filter.share_name(), Some("workers"));
/// assert!(filter.matches("kp1/av/dcx/token/json"));
/// assert!(!filter.matches("kp2/av"));
/// # Ok::<(), kaa_kpc::mqtt::topic::TopicError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopicFilter<'a> {
    text: &'a str,
    share_name: Option<&'a str>,
    levels: &'a str,
}

impl<'a> TopicFilter<'a> {
    /// Checks a topic filter.
    ///
    /// # Errors
    ///
    /// Those of [`TopicError`] that are about filters.
    pub fn new(text: &'a str, version: ProtocolVersion) -> Result<Self, TopicError> {
        check_characters(text)?;
        let (share_name, levels) = match text.strip_prefix("$share/") {
            Some(shared) if version == ProtocolVersion::V5 => {
                let (name, levels) = shared.split_once('/').ok_or(TopicError::ShareWithoutFilter)?;
                check_share(name, levels)?;
                (Some(name), levels)
            }
            _ => (None, text),
        };
        check_wildcards(levels)?;
        Ok(Self { text, share_name, levels })
    }

    /// The whole filter, as the client sent it.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// The group of a shared subscription.
    pub fn share_name(&self) -> Option<&'a str> {
        self.share_name
    }

    /// Whether a level is a wildcard.
    pub fn has_wildcard(&self) -> bool {
        self.levels.contains(['+', '#'])
    }

    /// Whether messages to `topic` are meant by this filter.
    ///
    /// A wildcard in the first place does not match names that begin with `$` [MQTT-4.7.2-1]; `#` stands for the level
    /// above it, too.
    pub fn matches(&self, topic: &str) -> bool {
        if topic.starts_with('$') && self.levels.starts_with(['+', '#']) {
            return false;
        }
        let mut names = topic.split('/');
        for level in self.levels.split('/') {
            match (level, names.next()) {
                ("#", _) => return true,
                ("+", Some(_)) => {}
                (level, Some(name)) if level == name => {}
                _ => return false,
            }
        }
        names.next().is_none()
    }
}

impl fmt::Display for TopicFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// Why a text is no topic name or no topic filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// Nothing.
    #[error("empty; expected at least one character")]
    Empty,
    /// More than a length field can say.
    #[error("a text of {0} bytes; expected at most 65535")]
    TooLong(usize),
    /// U+0000.
    #[error("the text contains U+0000")]
    NullCharacter,
    /// A control character, which a receiver may refuse.
    #[error("the text contains the control character U+{0:04X}")]
    ControlCharacter(u8),
    /// A wildcard in a name.
    #[error("the topic name contains the wildcard {0}")]
    Wildcard(char),
    /// `#` before the last level, or not alone in it.
    #[error("# is neither alone in its level nor the last character; expected both")]
    MultiLevelWildcard,
    /// `+` with something else in its level.
    #[error("+ is not alone in its level")]
    SingleLevelWildcard,
    /// `$share//…`
    #[error("a shared subscription without a share name; expected $share/name/filter")]
    EmptyShareName,
    /// `$share/a+/…`
    #[error("a share name with a wildcard")]
    WildcardInShareName,
    /// `$share/name`, or `$share/name/`
    #[error("a shared subscription without a filter; expected $share/name/filter")]
    ShareWithoutFilter,
}

impl TopicError {
    /// Codes 0x8f and 0x90 are for topics that are well-formed and not accepted. These are not well-formed.
    /// An empty name is called a protocol error by section 3.3.2.1.
    pub(super) const fn reason(self) -> ReasonCode {
        match self {
            Self::Empty => ReasonCode::ProtocolError,
            _ => ReasonCode::MalformedPacket,
        }
    }

    pub(super) const fn rules(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("MQTT-4.7.3-1", "MQTT-4.7.3-1"),
            Self::TooLong(_) => ("MQTT-4.7.3-3", "MQTT-4.7.3-3"),
            Self::NullCharacter => ("MQTT-4.7.3-2", "MQTT-4.7.3-2"),
            Self::ControlCharacter(_) => ("section 1.5.3", "section 1.5.4"),
            Self::Wildcard(_) => ("MQTT-3.3.2-2", "MQTT-3.3.2-2"),
            Self::MultiLevelWildcard => ("MQTT-4.7.1-2", "MQTT-4.7.1-1"),
            Self::SingleLevelWildcard => ("MQTT-4.7.1-3", "MQTT-4.7.1-2"),
            Self::EmptyShareName => ("MQTT-4.8.2-1", "MQTT-4.8.2-1"),
            Self::WildcardInShareName | Self::ShareWithoutFilter => ("MQTT-4.8.2-2", "MQTT-4.8.2-2"),
        }
    }
}

/// Whether a text is a topic name.
pub(super) fn check_name(text: &str) -> Result<(), TopicError> {
    check_characters(text)?;
    match text.bytes().find(|byte| matches!(byte, b'+' | b'#')) {
        Some(wildcard) => Err(TopicError::Wildcard(char::from(wildcard))),
        None => Ok(()),
    }
}

/// What names and filters have in common.
fn check_characters(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > MAX_TEXT_LEN {
        return Err(TopicError::TooLong(text.len()));
    }
    let mut before = 0;
    for byte in text.bytes() {
        match byte {
            0 => return Err(TopicError::NullCharacter),
            0x01..0x20 | 0x7f => return Err(TopicError::ControlCharacter(byte)),
            // U+0080 to U+009F.
            0x80..0xa0 if before == 0xc2 => return Err(TopicError::ControlCharacter(byte)),
            _ => before = byte,
        }
    }
    Ok(())
}

fn check_share(name: &str, levels: &str) -> Result<(), TopicError> {
    if name.is_empty() {
        Err(TopicError::EmptyShareName)
    } else if name.contains(['+', '#']) {
        Err(TopicError::WildcardInShareName)
    } else if levels.is_empty() {
        Err(TopicError::ShareWithoutFilter)
    } else {
        Ok(())
    }
}

fn check_wildcards(levels: &str) -> Result<(), TopicError> {
    let mut levels = levels.split('/');
    while let Some(level) = levels.next() {
        if level.contains('#') && (level != "#" || levels.next().is_some()) {
            return Err(TopicError::MultiLevelWildcard);
        }
        if level.contains('+') && level != "+" {
            return Err(TopicError::SingleLevelWildcard);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Result<TopicFilter<'_>, TopicError> {
        TopicFilter::new(text, ProtocolVersion::V5)
    }

    #[test]
    fn names_are_taken_as_they_are() {
        for name in ["a", "/", "//", "a/b/", " ", "$SYS/x", "$share/a/b", "\u{feff}a", "å/日本/𪛔"] {
            assert_eq!(TopicName::new(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_have_no_wildcards_and_no_control_characters() {
        for (name, error) in [
            ("", TopicError::Empty),
            ("a/+", TopicError::Wildcard('+')),
            ("a#", TopicError::Wildcard('#')),
            ("a\0", TopicError::NullCharacter),
            ("a\n", TopicError::ControlCharacter(0x0a)),
            ("\u{7f}", TopicError::ControlCharacter(0x7f)),
            ("a\u{9f}", TopicError::ControlCharacter(0x9f)),
        ] {
            assert_eq!(TopicName::new(name), Err(error), "{name:?}");
        }
        let longest = "x".repeat(MAX_TEXT_LEN);
        assert!(TopicName::new(longest.clone()).is_ok());
        assert_eq!(TopicName::new(longest + "x"), Err(TopicError::TooLong(MAX_TEXT_LEN + 1)));
    }

    #[test]
    fn wildcards_stand_alone_in_their_level_and_the_large_one_last() {
        for text in ["#", "+", "a/#", "+/+/#", "/+", "+/", "a/+/b", "$share/g/#", "$share/g//", "$shared/a"] {
            assert_eq!(filter(text).unwrap().as_str(), text);
        }
        for (text, error) in [
            ("", TopicError::Empty),
            ("#/a", TopicError::MultiLevelWildcard),
            ("a/#/", TopicError::MultiLevelWildcard),
            ("a#", TopicError::MultiLevelWildcard),
            ("a/b#", TopicError::MultiLevelWildcard),
            ("##", TopicError::MultiLevelWildcard),
            ("+#", TopicError::MultiLevelWildcard),
            ("+a", TopicError::SingleLevelWildcard),
            ("a/b+/c", TopicError::SingleLevelWildcard),
            ("++", TopicError::SingleLevelWildcard),
            ("a\0", TopicError::NullCharacter),
        ] {
            assert_eq!(filter(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_share_has_a_name_and_a_filter() {
        assert_eq!(filter("$share/g/a/+").unwrap().share_name(), Some("g"));
        for (text, error) in [
            ("$share/", TopicError::ShareWithoutFilter),
            ("$share/g", TopicError::ShareWithoutFilter),
            ("$share/g/", TopicError::ShareWithoutFilter),
            ("$share//a", TopicError::EmptyShareName),
            ("$share/g+/a", TopicError::WildcardInShareName),
            ("$share/#/a", TopicError::WildcardInShareName),
            ("$share/g/a#", TopicError::MultiLevelWildcard),
        ] {
            assert_eq!(filter(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn in_mqtt_3_1_1_a_share_is_a_name_like_any_other() {
        let filter = TopicFilter::new("$share/g", ProtocolVersion::V311).unwrap();
        assert_eq!(filter.share_name(), None);
        assert!(filter.matches("$share/g"));
    }

    #[test]
    fn filters_match_level_by_level() {
        for (text, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/", false),
            ("a/b/", "a/b", false),
            ("a/B", "a/b", false),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("a/#", "ab", false),
            ("#", "a/b", true),
            ("#", "/", true),
            ("#", "$SYS/a", false),
            ("+/a", "$SYS/a", false),
            ("$SYS/#", "$SYS/a", true),
            ("$SYS/+", "$SYS/a", true),
            ("+", "a", true),
            ("+", "/a", false),
            ("/+", "/a", true),
            ("+/+", "/a", true),
            ("a/+", "a", false),
            ("a/+", "a/", true),
            ("a/+/c", "a/b/c", true),
            ("a/+/c", "a/b/b/c", false),
            ("$share/g/a/+", "a/b", true),
            ("$share/g/+/b", "$SYS/b", false),
        ] {
            assert_eq!(filter(text).unwrap().matches(topic), expected, "{text} and {topic}");
        }
    }
}
