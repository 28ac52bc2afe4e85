//! The service API of NATS (ADR-32), by which services are looked for: what is asked, where, and how answers to it are
//! called. Two of the questions are Kaa's own.
//!
//! ```text
//! $SRV.PING | $SRV.INFO | $SRV.STATS | $SRV.DESCRIBE | $SRV.RECENT    [.<name> [.<id>]]
//! ```

/// What the subjects of all questions begin with.
pub const PREFIX: &str = "$SRV";

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Who is there.
    Ping,
    /// What it is called, and what its functions are.
    Info,
    /// What its functions have done.
    Stats,
    /// All that there is to say about its functions. Kaa's own.
    Describe,
    /// What became of the last messages. Kaa's own.
    Recent,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ping, Self::Info, Self::Stats, Self::Describe, Self::Recent];

    /// Where everybody is asked.
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Ping => "$SRV.PING",
            Self::Info => "$SRV.INFO",
            Self::Stats => "$SRV.STATS",
            Self::Describe => "$SRV.DESCRIBE",
            Self::Recent => "$SRV.RECENT",
        }
    }

    /// The type of its answers.
    pub const fn response(self) -> &'static str {
        match self {
            Self::Ping => "io.nats.micro.v1.ping_response",
            Self::Info => "io.nats.micro.v1.info_response",
            Self::Stats => "io.nats.micro.v1.stats_response",
            Self::Describe => "io.kaa.ext.v1.describe_response",
            Self::Recent => "io.kaa.ext.v1.recent_response",
        }
    }

    /// What is asked with this subject: of everybody, of a service or of one replica.
    ///
    /// ```
    /// use kaa_bus::micro::Verb;
    ///
    /// assert_eq!(Verb::of_subject("$SRV.PING"), Some(Verb::Ping));
    /// assert_eq!(Verb::of_subject("$SRV.STATS.dcx.dcx-0"), Some(Verb::Stats));
    /// assert_eq!(Verb::of_subject("$SRV.PINGS"), None);
    /// ```
    pub fn of_subject(subject: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| {
            subject.strip_prefix(verb.subject()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// What is answered with this type.
    ///
    /// ```
    /// use kaa_bus::micro::Verb;
    ///
    /// assert!(Verb::ALL.iter().all(|verb| Verb::of_response(verb.response()) == Some(*verb)));
    /// ```
    pub fn of_response(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.response() == kind)
    }
}

/// The name as the service API allows names: letters, digits, `_` and `-`. Anything else becomes `_`.
///
/// ```
/// assert_eq!(kaa_bus::micro::name("a~b/0"), "a_b_0");
/// ```
pub fn name(name: &str) -> String {
    let is_proper = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.chars().map(|c| if is_proper(c) { c } else { '_' }).collect()
}
