//! A number as plain text.

use bytes::Bytes;
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::json::{Kind, PayloadError};

const KIND: Kind = Kind {
    name: "a 2/DCP plain value",
    expected: "a JSON number, with its unit directly behind it if it has one, such as 2061 or 47%",
};

/// The sample that a plain value stands for: an object with the value and its unit, `number` when it
/// has none.
///
/// - The number is the longest beginning of the text that is a JSON number, and it is copied as it was
///   written: no digit is lost. An `e` belongs to it when an exponent follows; the unit of `12.50EUR`
///   is `EUR`.
/// - The unit is everything behind it: text without whitespace and control characters that does not
///   begin like more of a number (`.`, `,`, `+`, `-`, `_`). So `1,5` and `1 000` are errors rather than
///   something ten or a thousand times off.
/// - Whitespace around the whole is not part of it.
/// - The metric may be any text; it is escaped where JSON asks for it.
///
/// ```
/// use kaa_protocol::dcp::plain_sample;
///
/// let sample = plain_sample("altitude", b"2061")?;
/// assert_eq!(sample, r#"{"altitude-value":2061,"altitude-unit":"number"}"#);
/// let sample = plain_sample("humidity", b"47.0%\n")?;
/// assert_eq!(sample, r#"{"humidity-value":47.0,"humidity-unit":"%"}"#);
///
/// let error = plain_sample("altitude", b"high").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "not a 2/DCP plain value: it does not start with a number; expected a JSON number, \
///      with its unit directly behind it if it has one, such as 2061 or 47%",
/// );
/// # Ok::<(), kaa_protocol::json::PayloadError>(())
/// ```
///
/// # Errors
///
/// [`PayloadError`], when the payload is something else or the metric is empty.
pub fn plain_sample(metric: &str, payload: &[u8]) -> Result<Bytes, PayloadError> {
    let sample = parse(metric, payload).map_err(|problem| PayloadError::new(KIND, problem))?;
    serde_json::to_vec(&sample).map(Bytes::from).map_err(|error| PayloadError::new(KIND, error))
}

fn parse<'a>(metric: &'a str, payload: &'a [u8]) -> Result<Sample<'a>, &'static str> {
    if metric.is_empty() {
        return Err("the metric has no name");
    }
    let text = str::from_utf8(payload.trim_ascii()).map_err(|_| "it is not UTF-8")?;
    let value = number(text).ok_or("it does not start with a number")?;
    let unit = text.get(value.get().len()..).unwrap_or_default();
    if unit.starts_with(['.', ',', '+', '-', '_']) {
        return Err("more than one number");
    }
    if unit.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("whitespace or a control character in it");
    }
    Ok(Sample { metric, value, unit: if unit.is_empty() { "number" } else { unit } })
}

/// The number that `text` begins with.
fn number(text: &str) -> Option<&RawValue> {
    if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return None;
    }
    let prefix = |text| <&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(text)).ok();
    prefix(text).or_else(|| prefix(text.split(['e', 'E']).next()?))
}

/// The sample on its way into JSON.
struct Sample<'a> {
    metric: &'a str,
    value: &'a RawValue,
    unit: &'a str,
}

impl Serialize for Sample<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { metric, value, unit } = self;
        let mut object = serializer.serialize_map(Some(2))?;
        object.serialize_entry(&format_args!("{metric}-value"), value)?;
        object.serialize_entry(&format_args!("{metric}-unit"), unit)?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_and_unit(text: &str) -> Option<(&str, &str)> {
        parse("m", text.as_bytes()).ok().map(|sample| (sample.value.get(), sample.unit))
    }

    #[test]
    fn a_number_is_copied_as_it_was_written() {
        for text in ["0", "-0", "1.0", "1.50", "-273.15", "1e400", "1E+2", "123456789012345678901234567890"] {
            assert_eq!(value_and_unit(text), Some((text, "number")));
        }
    }

    #[test]
    fn the_unit_is_what_follows() {
        for (text, expected) in [
            ("47%", ("47", "%")),
            ("21.5°C", ("21.5", "°C")),
            ("3m/s2", ("3", "m/s2")),
            ("12.50EUR", ("12.50", "EUR")),
            ("5eV", ("5", "eV")),
            ("5e3eV", ("5e3", "eV")),
            ("5e", ("5", "e")),
            (" 7\"\r\n", ("7", "\"")),
        ] {
            assert_eq!(value_and_unit(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_an_error() {
        for text in [
            "", " ", "-", "+1", ".5", "1.", "1.e3", "007", "1,5", "1 000", "1_000", "1.2.3", "1-2", "%",
            "47 %", "1 2", "NaN", "inf", "-Inf", "true", "null", "\"1\"", "[1]", "{}", "1k\0", "٣", "--1",
            "1e5.5",
        ] {
            assert_eq!(value_and_unit(text), None, "{text:?}");
        }
        assert!(plain_sample("m", "\u{feff}1".as_bytes()).is_err());
        assert!(plain_sample("m", b"1\xff").is_err());
        assert!(plain_sample("", b"1").is_err());
    }

    #[test]
    fn metric_and_unit_are_escaped() {
        let sample = plain_sample("a\"\\\n", b"1\"").unwrap();
        assert_eq!(sample, r#"{"a\"\\\n-value":1,"a\"\\\n-unit":"\""}"#);
    }
}
