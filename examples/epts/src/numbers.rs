//! The numbers of a JSON sample, each with the name of the series it belongs to.
//!
//! Read in one pass, without a tree: what is no number is passed over as it goes by.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// How many objects a number may be inside of, the sample itself included.
pub const DEEPEST: usize = 8;

/// How many numbers of one sample become points.
pub const MOST: usize = 256;

/// The longest name of a series, in bytes.
pub const LONGEST: usize = 256;

/// What stands between the fields of a path.
pub const JOINT: char = '~';

/// What a sample has to say in numbers.
#[derive(Debug, Default, PartialEq)]
pub struct Numbers {
    /// The values by series, in the order of the sample; no series twice.
    pub values: Vec<(String, f64)>,
    /// The field that tells the time, in Unix milliseconds.
    pub time: Option<i64>,
    /// Numbers left out: too deep, too many, a name too long, or a series that has its value already.
    pub left_out: u64,
}

impl Numbers {
    /// Reads a sample. The number at `time_field`, a field of the sample itself, is its time and no series.
    /// `None` when the sample is no JSON object.
    pub fn of(sample: &[u8], time_field: Option<&str>) -> Option<Self> {
        let mut numbers = Self::default();
        let mut input = serde_json::Deserializer::from_slice(sample);
        let root = Field { numbers: &mut numbers, path: &mut String::new(), depth: 0, time_field };
        let is_object = root.deserialize(&mut input).ok()? == Kind::Object;
        (is_object && input.end().is_ok()).then_some(numbers)
    }

    fn add(&mut self, path: &str, value: f64) {
        let known = self.values.iter().any(|(name, _)| name == path);
        if known || path.is_empty() || path.len() > LONGEST || self.values.len() == MOST {
            self.left_out += 1;
        } else {
            self.values.push((path.to_owned(), value));
        }
    }
}

#[derive(PartialEq)]
enum Kind {
    Object,
    Other,
}

/// A value on the way through the sample.
struct Field<'n, 't> {
    numbers: &'n mut Numbers,
    /// The names that led here, joined.
    path: &'n mut String,
    depth: usize,
    time_field: Option<&'t str>,
}

impl Field<'_, '_> {
    fn number(self, value: f64, whole: Option<i64>) -> Kind {
        if self.depth == 0 {
            return Kind::Other;
        }
        if self.depth == 1 && self.time_field == Some(self.path) {
            self.numbers.time = whole.filter(|time| *time >= 0);
        } else if self.depth > DEEPEST {
            self.numbers.left_out += 1;
        } else {
            self.numbers.add(self.path, value);
        }
        Kind::Other
    }
}

impl<'de> DeserializeSeed<'de> for Field<'_, '_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Kind, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Field<'_, '_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Kind, A::Error> {
        let Self { numbers, path, depth, time_field } = self;
        let parent = path.len();
        while let Some(name) = fields.next_key::<std::borrow::Cow<'de, str>>()? {
            if depth > 0 {
                path.push(JOINT);
            }
            // A path that is too long already need not grow with every level of the sample.
            if path.len() <= LONGEST {
                path.push_str(&name);
            }
            fields.next_value_seed(Field { numbers, path, depth: depth + 1, time_field })?;
            path.truncate(parent);
        }
        Ok(Kind::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Kind::Other)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        #[allow(clippy::cast_precision_loss, reason = "a series keeps doubles; the sample keeps every digit")]
        Ok(self.number(value as f64, Some(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        #[allow(clippy::cast_precision_loss, reason = "a series keeps doubles; the sample keeps every digit")]
        Ok(self.number(value as f64, value.try_into().ok()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        Ok(self.number(value, None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(sample: &str) -> Vec<(String, f64)> {
        Numbers::of(sample.as_bytes(), None).unwrap().values
    }

    fn named(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn numbers_are_named_by_their_path_and_everything_else_is_passed_over() {
        let sample = r#"{"t":21.5,"n":-3,"on":true,"text":"7","none":null,"list":[1,{"x":2}],
                         "gps":{"lat":1e1,"sat":{"count":18446744073709551615}},"q\"\n":1}"#;
        let expected = [
            ("t", 21.5),
            ("n", -3.0),
            ("gps~lat", 10.0),
            ("gps~sat~count", 18_446_744_073_709_551_615.0),
            ("q\"\n", 1.0),
        ];
        assert_eq!(values(sample), named(&expected));
    }

    #[test]
    fn what_is_no_object_or_no_json_has_no_numbers() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        for sample in ["", "7", "[1]", "\"a\"", "true", "null", "{", "{\"a\":1} x", "{\"a\":1e999}", &deep] {
            assert_eq!(Numbers::of(sample.as_bytes(), None), None, "{}", sample.get(..9).unwrap_or(sample));
        }
        assert_eq!(Numbers::of(b"{\"a\":\xff}", None), None);
        assert_eq!(values("{}"), []);
    }

    #[test]
    fn the_time_of_a_sample_is_its_own_field_and_no_series() {
        let numbers = Numbers::of(br#"{"ts":1490262793349,"a":{"ts":5}}"#, Some("ts")).unwrap();
        assert_eq!((numbers.time, numbers.values), (Some(1_490_262_793_349), named(&[("a~ts", 5.0)])));
        for ts in ["-1", "1.5", "\"7\"", "18446744073709551615"] {
            let numbers = Numbers::of(format!("{{\"ts\":{ts}}}").as_bytes(), Some("ts")).unwrap();
            assert_eq!((numbers.time, numbers.values), (None, vec![]), "{ts}");
        }
    }

    #[test]
    fn a_series_has_one_value_of_a_sample() {
        let numbers = Numbers::of(br#"{"a":{"b":1},"a~b":2,"a":{"b":3}}"#, None).unwrap();
        assert_eq!((numbers.values, numbers.left_out), (named(&[("a~b", 1.0)]), 2));
    }

    #[test]
    fn depth_number_and_length_have_limits() {
        for (depth, kept) in [(DEEPEST - 1, 1), (DEEPEST, 1), (DEEPEST + 1, 0)] {
            let sample = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
            assert_eq!(values(&sample).len(), kept, "{depth} levels");
        }
        for (count, kept) in [(MOST - 1, MOST - 1), (MOST, MOST), (MOST + 1, MOST)] {
            let fields: Vec<_> = (0..count).map(|n| format!("\"f{n}\":{n}")).collect();
            let numbers = Numbers::of(format!("{{{}}}", fields.join(",")).as_bytes(), None).unwrap();
            assert_eq!((numbers.values.len(), numbers.left_out), (kept, (count - kept) as u64));
        }
        for (length, kept) in [(LONGEST - 1, 1), (LONGEST, 1), (LONGEST + 1, 0)] {
            assert_eq!(values(&format!("{{\"{}\":1}}", "n".repeat(length))).len(), kept, "{length} bytes");
        }
    }
}
