//! A subject as its sender wrote it.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use kaa_protocol::subject::{Subject, SubjectError};

/// A subject as its sender wrote it, unchecked: any peer of the NATS account may put anything there.
///
/// It is read as bytes. Where something is to be sent, it is checked first:
///
/// ```
/// use kaa_bus::RawSubject;
/// use kaa_protocol::subject::Subject;
///
/// let raw = RawSubject::from("kaa.v1.replica.kpc-0.esp.extensionData");
/// assert!(raw.starts_with(b"kaa.v1."));
/// assert!(Subject::try_from(raw).is_ok());
/// assert!(Subject::try_from(RawSubject::from("two words")).is_err());
/// ```
#[derive(Clone)]
pub struct RawSubject(Held);

/// What the bytes are held in. What NATS brought stays as it is: most of it is looked at and never kept.
#[derive(Clone)]
enum Held {
    Bytes(Bytes),
    Nats(async_nats::Subject),
}

impl RawSubject {
    /// The bytes, to be kept.
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Held::Bytes(bytes) => bytes,
            // Takes the buffer over, without a copy.
            Held::Nats(subject) => Bytes::from(subject.into_string()),
        }
    }
}

impl Deref for RawSubject {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Held::Bytes(bytes) => bytes,
            Held::Nats(subject) => subject.as_str().as_bytes(),
        }
    }
}

impl From<Bytes> for RawSubject {
    fn from(bytes: Bytes) -> Self {
        Self(Held::Bytes(bytes))
    }
}

impl From<&'static str> for RawSubject {
    fn from(text: &'static str) -> Self {
        Bytes::from(text).into()
    }
}

impl From<String> for RawSubject {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Subject> for RawSubject {
    fn from(subject: Subject) -> Self {
        subject.into_bytes().into()
    }
}

impl From<async_nats::Subject> for RawSubject {
    fn from(subject: async_nats::Subject) -> Self {
        Self(Held::Nats(subject))
    }
}

impl TryFrom<RawSubject> for Subject {
    type Error = SubjectError;

    fn try_from(raw: RawSubject) -> Result<Self, SubjectError> {
        raw.into_bytes().try_into()
    }
}

impl PartialEq for RawSubject {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for RawSubject {}

impl PartialEq<str> for RawSubject {
    fn eq(&self, other: &str) -> bool {
        **self == *other.as_bytes()
    }
}

impl PartialEq<&str> for RawSubject {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

/// As text, with what is not UTF-8 replaced.
impl fmt::Debug for RawSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_whoever_brought_it() {
        let (ours, theirs) = (RawSubject::from("a.b"), RawSubject::from(async_nats::Subject::from("a.b")));
        assert_eq!(ours, theirs);
        assert_eq!(ours, "a.b");
        assert_eq!(ours.clone().into_bytes(), theirs.clone().into_bytes());
        assert_eq!(Subject::try_from(ours).unwrap(), Subject::try_from(theirs).unwrap());
    }

    #[test]
    fn what_is_no_subject_is_shown_and_refused() {
        let hostile = RawSubject::from(Bytes::from_static(b"a\n\xff"));
        assert_eq!(format!("{hostile:?}"), "\"a\\n\u{fffd}\"");
        assert!(Subject::try_from(hostile).is_err());
    }
}
