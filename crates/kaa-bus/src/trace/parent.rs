//! `traceparent`: the trace, and the span within it that sent the message.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

/// The value of the header `traceparent`, which is valid.
///
/// ```
/// use kaa_bus::trace::TraceParent;
///
/// let parent: TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?;
/// assert_eq!(parent.span_id().get(), 0xf067aa0ba902b7);
/// assert!(parent.is_sampled());
/// # Ok::<(), kaa_bus::trace::InvalidTraceParent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: NonZeroU128,
    span_id: NonZeroU64,
    flags: u8,
}

/// It is not `00-<32 digits>-<16 digits>-<2 digits>` in lower case hexadecimal digits, or an ID is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a traceparent of W3C Trace Context, such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)]
pub struct InvalidTraceParent;

impl TraceParent {
    /// How long it is as text, in bytes.
    pub const LEN: usize = 55;

    const SAMPLED: u8 = 1;

    /// A span of a trace, and whether it is recorded.
    pub const fn new(trace_id: NonZeroU128, span_id: NonZeroU64, is_sampled: bool) -> Self {
        Self { trace_id, span_id, flags: if is_sampled { Self::SAMPLED } else { 0 } }
    }

    /// The trace.
    pub const fn trace_id(self) -> NonZeroU128 {
        self.trace_id
    }

    /// The span that sent the message: the parent of whatever follows from it.
    pub const fn span_id(self) -> NonZeroU64 {
        self.span_id
    }

    /// Whether the sender may have recorded it.
    pub const fn is_sampled(self) -> bool {
        self.flags & Self::SAMPLED != 0
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let mut rest = text.as_bytes();
        let version = number::<2>(&mut rest)?;
        dash(&mut rest)?;
        let trace_id = number::<32>(&mut rest)?;
        dash(&mut rest)?;
        let span_id = number::<16>(&mut rest)?;
        dash(&mut rest)?;
        let flags = number::<2>(&mut rest)?;
        let flags = u8::try_from(flags).map_err(|_| InvalidTraceParent)?;
        let flags = match (version, rest) {
            (0, []) => flags,
            // Of a later version, this much is known; what its other flags mean is not.
            (1..=0xfe, [] | [b'-', ..]) => flags & Self::SAMPLED,
            _ => return Err(InvalidTraceParent),
        };
        let span_id = u64::try_from(span_id).ok().and_then(NonZeroU64::new).ok_or(InvalidTraceParent)?;
        let trace_id = NonZeroU128::new(trace_id).ok_or(InvalidTraceParent)?;
        Ok(Self { trace_id, span_id, flags })
    }
}

/// Takes so many digits, at most 32.
fn number<const DIGITS: usize>(rest: &mut &[u8]) -> Result<u128, InvalidTraceParent> {
    let (digits, tail) = rest.split_first_chunk::<DIGITS>().ok_or(InvalidTraceParent)?;
    *rest = tail;
    digits.iter().try_fold(0, |number: u128, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(InvalidTraceParent),
        };
        Ok(number << 4 | u128::from(value))
    })
}

fn dash(rest: &mut &[u8]) -> Result<(), InvalidTraceParent> {
    *rest = rest.strip_prefix(b"-").ok_or(InvalidTraceParent)?;
    Ok(())
}

/// As the header has it, in version 00.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn read(text: &str) -> Option<String> {
        text.parse().ok().map(|parent: TraceParent| parent.to_string())
    }

    #[test]
    fn what_is_valid_is_passed_on_as_it_came() {
        for flags in ["00", "01", "02", "ff"] {
            let text = format!("{}{flags}", &VALID[..53]);
            assert_eq!(read(&text), Some(text));
        }
    }

    #[test]
    fn what_is_not_exactly_right_is_refused() {
        for (from, to) in [
            ("00-4", "00-0-4"),
            ("4bf9", "4BF9"),
            ("4bf9", "4bg9"),
            ("4bf9", "+bf9"),
            ("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            ("00f067aa0ba902b7", "0000000000000000"),
            ("-01", "-1"),
            ("-01", "-01-"),
            ("-01", "-01 "),
            ("-01", "_01"),
            ("00-4", " 00-4"),
            ("00-4", "ff-4"),
            ("00-4", "0é-4"),
        ] {
            let text = VALID.replacen(from, to, 1);
            assert_ne!(text, VALID);
            assert_eq!(read(&text), None, "{text}");
        }
        assert_eq!(read(""), None);
    }

    #[test]
    fn of_a_later_version_the_known_part_counts() {
        for (text, flags) in [
            (VALID.replacen("00", "01", 1), "01"),
            (VALID.replacen("00", "fe", 1) + "-what-ever", "01"),
            (VALID.replacen("00", "cc", 1).replace("-01", "-06"), "00"),
        ] {
            assert_eq!(read(&text), Some(format!("{}{flags}", &VALID[..53])), "{text}");
        }
        assert_eq!(read(&(VALID.replacen("00", "01", 1) + "x")), None);
    }

    proptest! {
        #[test]
        fn every_context_is_read_as_it_is_written(trace_id: u128, span_id: u64, is_sampled: bool) {
            let (trace_id, span_id) = (trace_id.saturating_add(1), span_id.saturating_add(1));
            let parent = TraceParent::new(
                NonZeroU128::new(trace_id).unwrap(), NonZeroU64::new(span_id).unwrap(), is_sampled);
            prop_assert_eq!(parent.to_string().len(), TraceParent::LEN);
            prop_assert_eq!(parent.to_string().parse(), Ok(parent));
        }

        #[test]
        fn no_text_is_too_strange_to_be_refused(text in "\\PC*|[0-9a-fg-]{53,57}|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}") {
            // What version 00 takes, it writes again, byte for byte.
            if let Some(again) = read(&text) && text.starts_with("00") {
                prop_assert_eq!(again, text);
            }
        }
    }
}
