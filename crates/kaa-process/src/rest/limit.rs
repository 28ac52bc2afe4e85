//! Lists that come in parts.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// How many entries of a list a caller wants: 1 to 1000, and 100 when it is not said. A field of the query; anything
/// else is a [`Problem`](super::Problem).
///
/// ```
/// use kaa_process::rest::Limit;
///
/// #[derive(serde::Deserialize, utoipa::IntoParams)]
/// #[serde(deny_unknown_fields)]
/// struct Part {
///     /// `next` of the part before.
///     #[serde(default)]
///     after: String,
///     /// At most so many: 1 to 1000, 100 if not said.
///     #[serde(default)]
///     #[param(value_type = Option<u32>)]
///     limit: Limit,
/// }
///
/// let part: Part = serde_json::from_str(r#"{"limit":2}"#).unwrap();
/// assert_eq!(part.limit.next(&["a", "b"], ToString::to_string).as_deref(), Some("b"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The most.
    pub const MOST: u32 = 1_000;

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }

    /// Where the list goes on: behind the last entry of `part`, which `name` names, if there may be more of them.
    pub fn next<T>(self, part: &[T], name: impl FnOnce(&T) -> String) -> Option<String> {
        part.last().filter(|_| part.len() >= self.0 as usize).map(name)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            limit @ 1..=Self::MOST => Ok(Self(limit)),
            limit => Err(D::Error::custom(format!("limit={limit} is none; expected 1 to {}", Self::MOST))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_1_to_1000() {
        for (text, limit) in
            [("0", None), ("1", Some(1)), ("1000", Some(1_000)), ("1001", None), ("-1", None)]
        {
            assert_eq!(serde_json::from_str::<Limit>(text).ok().map(Limit::get), limit, "{text}");
        }
        let error = serde_json::from_str::<Limit>("0").unwrap_err().to_string();
        assert!(error.contains("expected 1 to 1000"), "{error}");
    }

    #[test]
    fn a_part_that_is_full_goes_on_behind_its_last_entry() {
        let next = |part: &[&str]| Limit(2).next(part, ToString::to_string);
        assert_eq!((next(&[]), next(&["a"]), next(&["a", "b"])), (None, None, Some("b".to_owned())));
    }
}
