//! `tracestate`: what vendors of tracing tell each other along a trace.

use std::fmt;
use std::str::FromStr;

/// The value of the header `tracestate`, which is valid and short: nobody here reads it, it is passed on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceState(Box<str>);

/// It is no list of `key=value`, has a key twice, or is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a tracestate of W3C Trace Context in at most {} members and {} bytes",
    TraceState::MEMBERS,
    TraceState::BYTES
)]
pub struct InvalidTraceState;

impl TraceState {
    /// The most bytes: as many as everybody has to pass on, and no more.
    pub const BYTES: usize = 512;

    /// The most members.
    pub const MEMBERS: usize = 32;

    /// As the header has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TraceState {
    type Err = InvalidTraceState;

    fn from_str(text: &str) -> Result<Self, InvalidTraceState> {
        if text.len() > Self::BYTES {
            return Err(InvalidTraceState);
        }
        let members = text.split(',').map(|member| member.trim_matches([' ', '\t']));
        let mut keys = Vec::new();
        let mut tidy = String::with_capacity(text.len());
        for member in members.filter(|member| !member.is_empty()) {
            let (key, value) = member.split_once('=').ok_or(InvalidTraceState)?;
            if !is_key(key) || !is_value(value) || keys.contains(&key) || keys.len() == Self::MEMBERS {
                return Err(InvalidTraceState);
            }
            keys.push(key);
            if !tidy.is_empty() {
                tidy.push(',');
            }
            tidy.push_str(member);
        }
        if tidy.is_empty() { Err(InvalidTraceState) } else { Ok(Self(tidy.into())) }
    }
}

/// `vendor`, or `tenant@vendor`.
fn is_key(key: &str) -> bool {
    let is_part = |part: &str, length, may_begin: fn(u8) -> bool| {
        let rest = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/')
        };
        part.len() <= length && part.bytes().next().is_some_and(may_begin) && part.bytes().all(rest)
    };
    let letter = |byte: u8| byte.is_ascii_lowercase();
    match key.split_once('@') {
        None => is_part(key, 256, letter),
        Some((tenant, vendor)) => {
            let letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            is_part(tenant, 241, letter_or_digit) && is_part(vendor, 14, letter)
        }
    }
}

fn is_value(value: &str) -> bool {
    (1..=256).contains(&value.len()) && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        text.parse().ok().map(|state: TraceState| state.to_string())
    }

    #[test]
    fn a_list_is_passed_on_without_what_is_between_its_members() {
        for (text, expected) in [
            ("rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7"),
            ("rojo=1 ,\tcongo=a b!:", "rojo=1,congo=a b!:"),
            (",a=1,,b=2, ", "a=1,b=2"),
            ("0tenant@vendor=x", "0tenant@vendor=x"),
            ("a_-*/=~", "a_-*/=~"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_or_too_long_is_refused() {
        let (fits, too_long) = (format!("a={}", "x".repeat(256)), format!("a={}", "x".repeat(257)));
        assert_eq!(read(&fits), Some(fits.clone()));
        let many = |members: usize| (0..members).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        assert!(read(&many(32)).is_some());
        let padded = format!("{fits}{}", " ".repeat(512 - fits.len()));
        assert!(read(&padded).is_some());
        for text in [
            "",
            " ",
            "a",
            "a=",
            "=1",
            "A=1",
            "1a=1",
            "a=1=2",
            "a=1,a=2",
            "a=\u{e9}",
            "a=1\r\nb",
            "a=\u{0}",
            "@v=1",
            "t@=1",
            "t@0v=1",
            "t@vendor-too-long=1",
            "a b=1",
            &too_long,
            &many(33),
            &format!("{padded} "),
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_short_printable_and_taken_again(text in "\\PC*|([ab0@*]{0,3}[=,][ -~]{0,3}[,\t]?){0,5}") {
            if let Some(once) = read(&text) {
                prop_assert!(once.len() <= TraceState::BYTES && once.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
                prop_assert_eq!(read(&once), Some(once));
            }
        }
    }
}
