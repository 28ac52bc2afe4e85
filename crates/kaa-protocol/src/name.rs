//! The names of Kaa, each parsed once and trusted afterwards.
//!
//! A name that reached one of these types can be printed into a subject, a topic or a log line
//! without another check. Names written in source code are checked at compile time
//! (`const ESP: Token = Token::from_static("esp")`); names that come from anywhere else go through
//! [`FromStr`] and can fail.
//!
//! | rule | used by | accepts |
//! |---|---|---|
//! | token | [`Token`], [`ReplicaId`] | visible ASCII without `.`, `*` and `>`: one NATS token (3/ISM) |
//! | instance | [`ServiceInstance`] | a token without `/`, `+` and `#`: one NATS token and one MQTT topic level |
//! | identifier | [`EndpointId`] | ASCII letters, digits, `.`, `_`, `~`, `-` |
//! | word | [`ConfigName`], [`CommandType`] | ASCII letters, digits, `_`, `-` |
//! | key | [`MetadataKey`] | ASCII letters, digits, `_` |
//! | level | [`AppVersion`], [`EndpointToken`] | text that is one MQTT topic level; the token without `.` |
//!
//! Every name has 1 to [`MAX_NAME_LEN`] bytes. A [`CorrelationId`] is not a name: it is echoed as it
//! came.
//!
//! ```
//! use kaa_protocol::name::ServiceInstance;
//!
//! let dcx: ServiceInstance = "dcx".parse()?;
//! assert_eq!(dcx.as_str(), "dcx");
//!
//! let error = "dcx.*".parse::<ServiceInstance>().unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "\"dcx.*\" is not a service instance name: '.' at byte 3 is not allowed; \
//!      expected 1 to 128 visible ASCII characters without '.', '*', '>', '/', '+' and '#'",
//! );
//! # Ok::<(), kaa_protocol::name::NameError>(())
//! ```

mod correlation_id;
mod error;
mod text;

use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

pub use correlation_id::CorrelationId;
pub use error::NameError;
pub(crate) use error::Problem;
pub(crate) use text::{NameVisitor, Text, text_newtype};

/// The longest name accepted, in bytes.
pub const MAX_NAME_LEN: usize = 128;

/// Whether `bytes` has the length of a name and only allowed bytes. Usable at compile time, where
/// neither iterators nor function pointers are, so the rule arrives as a table.
const fn is_name(bytes: &[u8], allowed: &[bool; 256]) -> bool {
    !bytes.is_empty() && bytes.len() <= MAX_NAME_LEN && all_allowed(bytes, allowed)
}

/// Whether the table says yes to every byte.
#[allow(clippy::indexing_slicing, reason = "every byte is an index into 256 entries")]
pub(crate) const fn all_allowed(bytes: &[u8], allowed: &[bool; 256]) -> bool {
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        if !allowed[*first as usize] {
            return false;
        }
        rest = tail;
    }
    true
}

/// The bytes for which `matches!(byte, pattern)`, as a table.
macro_rules! byte_table {
    ($pattern:pat) => {{
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < table.len() {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::indexing_slicing,
                reason = "the loop ends at 256"
            )]
            {
                table[byte] = matches!(byte as u8, $pattern);
            }
            byte += 1;
        }
        table
    }};
}
pub(crate) use byte_table;

const TOKEN_BYTES: [bool; 256] = byte_table!(b'!'..=b')' | b'+'..=b'-' | b'/'..=b'=' | b'?'..=b'~');
const INSTANCE_BYTES: [bool; 256] =
    byte_table!(b'!' | b'"' | b'$'..=b')' | b',' | b'-' | b'0'..=b'=' | b'?'..=b'~');
const IDENTIFIER_BYTES: [bool; 256] =
    byte_table!(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'~' | b'-');
const WORD_BYTES: [bool; 256] = byte_table!(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-');
const KEY_BYTES: [bool; 256] = byte_table!(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_');
const LEVEL_BYTES: [bool; 256] =
    byte_table!(b' '..=b'"' | b'$'..=b'*' | b','..=b'.' | b'0'..=b'~' | 0x80..=0xff);
const LEVEL_WITHOUT_DOT_BYTES: [bool; 256] =
    byte_table!(b' '..=b'"' | b'$'..=b'*' | b',' | b'-' | b'0'..=b'~' | 0x80..=0xff);

/// Whether `bytes` is one NATS token that may stand in a Kaa subject.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    is_name(bytes, &TOKEN_BYTES)
}

macro_rules! name {
    (
        $(#[$doc:meta])*
        $name:ident, $kind:literal, $table:ident, $expected:literal
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Text);

        impl $name {
            /// A name written in the source code.
            ///
            /// # Panics
            ///
            /// When `text` is not such a name. In a `const` that is a compile error.
            pub const fn from_static(text: &'static str) -> Self {
                assert!(is_name(text.as_bytes(), &$table), concat!("not ", $kind, ": expected ", $expected));
                Self(Text::Static(text))
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_name(text.as_bytes(), &$table) {
                    Ok(Self(Text::Shared(text.into())))
                } else {
                    Err(NameError::new($kind, $expected, text, Problem::in_name(text, &$table)))
                }
            }
        }

        text_newtype!($name);
    };
}

name! {
    /// One token of a NATS subject: a protocol (`esp`), a message type (`ClientData`) or a part of
    /// an event name (`endpoint`).
    Token, "a subject token", TOKEN_BYTES,
    "1 to 128 visible ASCII characters without '.', '*' and '>'"
}

name! {
    /// The name of a service instance (`dcx`): all replicas of one deployment share it, and it is
    /// their NATS queue group (3/ISM). An extension's name is a level of its devices' topics too
    /// (1/KP), so it has none of MQTT's syntax either.
    ServiceInstance, "a service instance name", INSTANCE_BYTES,
    "1 to 128 visible ASCII characters without '.', '*', '>', '/', '+' and '#'"
}

name! {
    /// The identity of one replica of a service instance, unique in the cluster (3/ISM).
    ReplicaId, "a replica ID", TOKEN_BYTES,
    "1 to 128 visible ASCII characters without '.', '*' and '>'"
}

impl ReplicaId {
    /// The name of the service and 64 random bits: a replica that restarts is another replica, and what
    /// comes for the former one finds nobody.
    pub fn random(service: &ServiceInstance) -> Self {
        // Every `RandomState` of a process is keyed differently, from the system's randomness.
        Self::of_bits(service, RandomState::new().hash_one(std::process::id()))
    }

    /// The same with these bits: they have to be random, and may come from a seed in a simulation.
    pub fn of_bits(service: &ServiceInstance, random: u64) -> Self {
        // With a long instance name the two would be too long for a name. It is ASCII.
        let service = service.as_str().get(..64).unwrap_or(service.as_str());
        Self(Text::Shared(format!("{service}-{random:016x}").into()))
    }
}

name! {
    /// The platform's name of an endpoint, a device's digital twin. Devices themselves use an
    /// [`EndpointToken`].
    EndpointId, "an endpoint ID", IDENTIFIER_BYTES,
    "1 to 128 ASCII letters, digits, '.', '_', '~' and '-'"
}

name! {
    /// What a device shows instead of its endpoint ID in a 1/KP path; it can be revoked.
    EndpointToken, "an endpoint token", LEVEL_WITHOUT_DOT_BYTES,
    "1 to 128 bytes without '+', '#', '/', '.' and control characters"
}

name! {
    /// The name of an application version (`humidity-sensor-v3`).
    AppVersion, "an application version name", LEVEL_BYTES,
    "1 to 128 bytes without '+', '#', '/' and control characters"
}

name! {
    /// The name of a configuration (7/CMP).
    ConfigName, "a configuration name", WORD_BYTES,
    "1 to 128 ASCII letters, digits, '_' and '-'"
}

name! {
    /// The type of a command (11/CEP). The RFC has letters and digits; devices in the field also use
    /// `_` and `-`, which do no harm in a path.
    CommandType, "a command type", WORD_BYTES,
    "1 to 128 ASCII letters, digits, '_' and '-'"
}

name! {
    /// The key of an endpoint's metadata (10/EPMP). Case matters.
    MetadataKey, "a metadata key", KEY_BYTES,
    "1 to 128 ASCII letters, digits and '_'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_any_visible_ascii_but_the_subject_syntax() {
        for byte in 0..=u8::MAX {
            let visible = (0x21..=0x7e).contains(&byte);
            let syntax = matches!(byte, b'.' | b'*' | b'>');
            assert_eq!(is_token(&[byte]), visible && !syntax, "byte {byte:#04x}");
        }
    }

    #[test]
    fn names_that_would_change_a_subject_are_refused() {
        for text in ["a/b", "a+", "#"] {
            assert!(text.parse::<ServiceInstance>().is_err(), "{text:?}");
        }
        for text in ["", "a.b", "*", ">", "a b", "a\tb", "a\r\nb", "\0", "é", "a\u{2024}b"] {
            assert!(text.parse::<ServiceInstance>().is_err(), "{text:?}");
            assert!(text.parse::<ReplicaId>().is_err(), "{text:?}");
            assert!(text.parse::<Token>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_becomes_the_field_of_a_message() {
        let written = EndpointId::from_static("ep-1");
        assert_eq!(bytestring::ByteString::from(&written), "ep-1");
        assert_eq!(bytestring::ByteString::from("ep-2".parse::<EndpointId>().unwrap()), "ep-2");
    }

    #[test]
    fn the_length_limit_is_exact() {
        assert!("x".repeat(MAX_NAME_LEN).parse::<Token>().is_ok());
        let error = "x".repeat(MAX_NAME_LEN + 1).parse::<Token>().unwrap_err();
        assert_eq!(error.problem(), &Problem::TooLong(129));
    }

    #[test]
    fn a_huge_name_is_quoted_only_in_part() {
        let error = "é".repeat(1_000_000).parse::<EndpointId>().unwrap_err();
        assert!(error.to_string().len() < 300);
    }

    #[test]
    fn an_error_points_at_the_character() {
        let error = "aé.b".parse::<EndpointId>().unwrap_err();
        assert_eq!(error.problem(), &Problem::Character('é', 1));
    }

    #[test]
    fn endpoint_ids_follow_the_published_expression() {
        for text in ["7ad263ec-3347-4c7d-af89-50c67061367a", "a.b", "a~b", "A_b"] {
            assert!(text.parse::<EndpointId>().is_ok(), "{text:?}");
        }
        for text in ["a/b", "a+b", "a b", "a:b"] {
            assert!(text.parse::<EndpointId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn levels_may_be_any_text_that_mqtt_puts_between_two_slashes() {
        assert!("Straße 1.0".parse::<AppVersion>().is_ok());
        assert!("tökén".parse::<EndpointToken>().is_ok());
        for text in ["a/b", "+", "#", "a\0", "a\u{7f}", "a\n"] {
            assert!(text.parse::<AppVersion>().is_err(), "{text:?}");
            assert!(text.parse::<EndpointToken>().is_err(), "{text:?}");
        }
        assert!("a.b".parse::<EndpointToken>().is_err());
    }

    #[test]
    fn no_two_random_replicas_have_the_same_name() {
        for service in ["kpc", &"x".repeat(MAX_NAME_LEN)] {
            let service: ServiceInstance = service.parse().unwrap();
            let [first, second] = [ReplicaId::random(&service), ReplicaId::random(&service)];
            assert_ne!(first, second);
            assert_eq!(first.as_str().parse(), Ok(first.clone()));
            assert!(first.as_str().starts_with(&service.as_str()[..service.as_str().len().min(64)]));
        }
    }

    #[test]
    fn a_static_name_equals_a_parsed_one() {
        const ESP: Token = Token::from_static("esp");
        assert_eq!(ESP, "esp".parse::<Token>().unwrap());
        assert_eq!(format!("{ESP:?} {ESP:>5}"), "Token(\"esp\")   esp");
    }
}
