//! A batch of samples, split without copying.

use std::cell::Cell;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{IntoIter, Iter};
use crate::json::{Kind, MAX_NESTING, PayloadError, read};

/// How much of a payload is acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The samples of one batch: 10,000.
    pub samples: usize,
    /// The arrays and objects inside each other, the array of the batch included: [`MAX_NESTING`].
    pub nesting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { samples: 10_000, nesting: MAX_NESTING }
    }
}

/// The samples of one payload (2/DCP). The elements of an array are a batch, which may be empty; any
/// other value is one sample.
///
/// A sample is a piece of the payload, byte for byte, without the whitespace around it. The payload
/// has been checked for the grammar of JSON and for UTF-8 and nothing else has been made of it: a
/// number that no type holds, a field that occurs twice and a `\ud800` without its other half pass.
/// Nothing is kept for a sample; an iterator finds where it ends when its turn comes.
///
/// ```
/// use bytes::Bytes;
/// use kaa_protocol::dcp::{Limits, Samples};
///
/// let payload = Bytes::from_static(br#"[ {"t": 21.0}, 1e400 ]"#);
/// let samples = Samples::split(&payload, Limits::default())?;
/// assert_eq!(samples.len(), 2);
/// assert!(samples.iter().eq([&br#"{"t": 21.0}"#[..], b"1e400"]));
///
/// let last: Bytes = samples.into_iter().last().unwrap();
/// assert_eq!(last.as_ptr(), payload[15..].as_ptr());
///
/// let one = Samples::split(&Bytes::from_static(b"21.0"), Limits::default())?;
/// assert!(one.iter().eq([b"21.0"]));
/// # Ok::<(), kaa_protocol::json::PayloadError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Samples {
    /// The payload, or what is between the brackets of a batch: the commas outside all brackets are
    /// between two samples.
    text: Bytes,
    count: usize,
}

impl Samples {
    const KIND: Kind =
        Kind { name: "2/DCP samples", expected: "a JSON array of samples, or one sample of any type" };

    /// Checks a payload and finds out how many samples it has. Together with iterating over them that
    /// takes about half the time of parsing the payload into a tree.
    ///
    /// # Errors
    ///
    /// [`PayloadError`], when the payload is not UTF-8, not JSON, or beyond a limit.
    pub fn split(payload: &Bytes, limits: Limits) -> Result<Self, PayloadError> {
        let (batch, text) = match payload.trim_ascii() {
            // Whether the bracket that it ends with is the one it starts with is for serde to say.
            [b'[', inside @ .., b']'] => (true, inside),
            text => (text.first() == Some(&b'['), text),
        };
        let is_too_much = Cell::new(false);
        let count = Count { batch, max: limits.samples, is_too_much: &is_too_much };
        match read(Self::KIND, payload, limits.nesting, count) {
            Ok(count) => Ok(Self { text: payload.slice_ref(text), count }),
            Err(error) if is_too_much.get() => Err(error.too_much()),
            Err(error) => Err(error),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the batch is empty.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The samples in order, borrowed. Iterating by value gives them as [`Bytes`], which share the
    /// payload and keep it alive.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.text, self.count)
    }
}

/// Counts the samples of a payload.
struct Count<'a> {
    batch: bool,
    max: usize,
    /// Set when that is the reason of the error: serde has only texts.
    is_too_much: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        if self.batch {
            return deserializer.deserialize_seq(self);
        }
        <&RawValue>::deserialize(deserializer).map(|_| 1)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of samples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut samples: A) -> Result<usize, A::Error> {
        let mut count = 0;
        // A RawValue, unlike IgnoredAny, has been checked for UTF-8.
        while samples.next_element::<&RawValue>()?.is_some() {
            if count == self.max {
                self.is_too_much.set(true);
                return Err(A::Error::custom(format_args!("more than {} samples", self.max)));
            }
            count += 1;
        }
        Ok(count)
    }
}

impl<'a> IntoIterator for &'a Samples {
    type Item = &'a [u8];
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for Samples {
    type Item = Bytes;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter::new(self.text, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(payload: &'static str) -> Vec<Bytes> {
        Samples::split(&Bytes::from_static(payload.as_bytes()), Limits::default())
            .unwrap()
            .into_iter()
            .collect()
    }

    fn problem(payload: &'static [u8], limits: Limits) -> String {
        Samples::split(&Bytes::from_static(payload), limits).unwrap_err().to_string()
    }

    #[test]
    fn the_elements_of_an_array_are_samples() {
        let payload = " [ {\"a\": [1, 2]} ,\n15,[\"an\", \"array\"] , \"a,b]\" ] ";
        assert_eq!(split(payload), ["{\"a\": [1, 2]}", "15", "[\"an\", \"array\"]", "\"a,b]\""]);
        assert_eq!(split("[]"), [""; 0]);
        assert_eq!(split(" [ \n ] "), [""; 0]);
        assert_eq!(split("[[]]"), ["[]"]);
    }

    #[test]
    fn any_other_value_is_one_sample() {
        for text in ["{\"a\": [1, 2], \"b\": 3}", "1e400", "\"[1,2]\"", "null", "{}"] {
            assert_eq!(split(text), [text]);
        }
        assert_eq!(split("\t21.0\r\n"), ["21.0"]);
    }

    #[test]
    fn samples_are_pieces_of_the_payload() {
        let payload = Bytes::from_static(b"[1, 22]");
        let samples = Samples::split(&payload, Limits::default()).unwrap();
        for (sample, shared) in samples.iter().zip(samples.clone()) {
            assert!(payload.as_ptr_range().contains(&sample.as_ptr()));
            assert_eq!((sample.as_ptr(), sample.len()), (shared.as_ptr(), shared.len()));
        }
        assert_eq!((samples.len(), samples.iter().len()), (2, 2));
    }

    #[test]
    fn the_limit_of_samples_is_exact() {
        let limits = Limits { samples: 2, ..Limits::default() };
        assert!(Samples::split(&Bytes::from_static(b"[1,2]"), limits).is_ok());
        assert_eq!(
            problem(b"[1,2,3,4]", limits),
            "not 2/DCP samples: more than 2 samples at line 1 column 7; \
             expected a JSON array of samples, or one sample of any type"
        );
        let is_too_much =
            |payload| Samples::split(&Bytes::from_static(payload), limits).unwrap_err().is_too_much();
        assert!(is_too_much(b"[1,2,3]"));
        assert!(!is_too_much(b"[1,2,]"));
        let none = Limits { samples: 0, ..limits };
        assert!(Samples::split(&Bytes::from_static(b"[]"), none).is_ok());
    }

    #[test]
    fn the_array_of_a_batch_counts_as_nesting() {
        let limits = Limits { nesting: 2, ..Limits::default() };
        assert!(Samples::split(&Bytes::from_static(b"[[1],{}]"), limits).is_ok());
        assert!(problem(b"[[[1]]]", limits).contains("more than 2 levels of nesting at byte 2"));
    }

    #[test]
    fn what_is_not_json_is_not_samples() {
        for payload in [
            "",
            " ",
            "[",
            "]",
            "[1",
            "[1,",
            "[1,]",
            "[,]",
            "[,1]",
            "[1 2]",
            "[1],[2]",
            "[1]]",
            "[}",
            "{\"a\"}",
            "{a:1}",
            "01",
            "+1",
            ".5",
            "NaN",
            "'a'",
            "\"\\x\"",
            "\"\n\"",
            "\u{feff}1",
            "\x0c[1]",
            "[1,\u{a0}2]",
            "nul",
            "[1]\0",
        ] {
            let error = problem(payload.as_bytes(), Limits::default());
            assert!(error.contains(" at line "), "{error}");
        }
        for payload in [&b"[\"\xff\"]"[..], b"\"\xc0\x80\"", b"[{\"\xed\xa0\x80\":1}]"] {
            let error = problem(payload, Limits::default());
            assert!(error.contains("is not UTF-8"), "{error}");
        }
    }
}
