//! What a client subscribes to.

use std::fmt;

use super::{TopicError, check_characters};
use crate::mqtt::packet::ProtocolVersion;

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
    /// A wildcard in the first place does not match names that begin with `$` [MQTT-4.7.2-1]; `#` stands
    /// for the level above it, too.
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
