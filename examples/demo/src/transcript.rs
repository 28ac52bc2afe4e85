//! Who said what to whom, and what the answer was: a line each, for a person who reads along.
//!
//! ```text
//!    0.41 s  cellar      -> cmx /config/json {"observe":true}              200    1.2 ms  {"configId":"9f…
//!    2.02 s  cellar      <= cmx /config/json {"configId":"3b…","config":{"sampling":500}}
//! ```

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaa_ext::logs;
use terminal_size::{Width, terminal_size_of};
use tokio::time::Instant;

/// How many characters what is asked may take, so that the answers stand below each other, and how many an answer
/// may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) question: usize,
    pub(crate) answer: usize,
}

impl Columns {
    /// What is not cut is not read either.
    const WIDEST: Self = Self { question: 58, answer: 64 };
    /// Below this, nobody knows any more what was asked.
    const NARROWEST: Self = Self { question: 30, answer: 7 };
    /// What else stands in a line: times, who, the arrow, the status.
    const REST: usize = 43;

    /// For lines of so many characters, which a narrow terminal does not break in two.
    pub(crate) fn within(width: usize) -> Self {
        let all = width.saturating_sub(Self::REST);
        let question = (all / 2).clamp(Self::NARROWEST.question, Self::WIDEST.question);
        let answer = all.saturating_sub(question).clamp(Self::NARROWEST.answer, Self::WIDEST.answer);
        Self { question, answer }
    }

    fn both(self) -> usize {
        self.question + self.answer
    }
}

/// Where lines go. Clones write to the same place.
#[derive(Clone)]
pub struct Transcript(Arc<Inner>);

struct Inner {
    started: Instant,
    is_coloured: bool,
    columns: Columns,
    /// Held for the time of one line.
    out: Mutex<Box<dyn Write + Send>>,
}

/// How an answer is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Bad,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    /// The status as it came over the wire.
    pub(crate) status: &'a str,
    /// What came with it.
    pub(crate) payload: &'a [u8],
    /// How long it took.
    pub(crate) took: Duration,
    /// Whether that is what was expected.
    pub(crate) mood: Mood,
}

impl Transcript {
    /// To standard output: if that is a terminal, as wide as it is now, and with colours unless `NO_COLOR` is set.
    pub fn stdout() -> Self {
        let width = terminal_size_of(io::stdout()).map(|(Width(width), _)| usize::from(width));
        let columns = width.map_or(Columns::WIDEST, Columns::within);
        Self::with(io::stdout(), logs::wants_colours(&io::stdout()), columns)
    }

    /// To somewhere else.
    pub fn new(out: impl Write + Send + 'static, is_coloured: bool) -> Self {
        Self::with(out, is_coloured, Columns::WIDEST)
    }

    pub(crate) fn with(out: impl Write + Send + 'static, is_coloured: bool, columns: Columns) -> Self {
        Self(Arc::new(Inner {
            started: Instant::now(),
            is_coloured,
            columns,
            out: Mutex::new(Box::new(out)),
        }))
    }

    /// What is no line of the conversation. The text is the demo's own, so it is not escaped.
    pub(crate) fn say(&self, text: impl fmt::Display) {
        self.write(&text.to_string());
    }

    /// A request and what became of it.
    pub(crate) fn exchange(&self, who: &str, asked: &str, outcome: &Outcome<'_>) {
        let Outcome { status, payload, took, mood } = outcome;
        let Columns { question, answer } = self.0.columns;
        let asked = format!("{:<question$}", printable(asked.as_bytes(), question));
        let status = self.paint(if *mood == Mood::Good { "32" } else { "31" }, &format!("{status:>3}"));
        let took = format!("{:>7.1} ms", took.as_secs_f64() * 1e3);
        self.line(who, &format!("-> {asked} {status} {took}  {}", printable(payload, answer)));
    }

    /// What a device was told without asking.
    pub(crate) fn push(&self, who: &str, what: &str, payload: &[u8]) {
        let most = self.0.columns.both();
        let what = format!("{what} {}", printable(payload, most));
        let told = self.paint("36", &format!("<= {}", printable(what.as_bytes(), most)));
        self.line(who, &told);
    }

    /// What somebody does, or what went wrong with it.
    pub(crate) fn note(&self, who: &str, text: &str) {
        self.line(who, &printable(text.as_bytes(), self.0.columns.both()));
    }

    fn line(&self, who: &str, rest: &str) {
        let time = self.paint("2", &format!("{:>7.2} s", self.0.started.elapsed().as_secs_f64()));
        let who = self.paint("1", &format!("{who:<11}"));
        self.write(&format!("{time}  {who} {}\n", rest.trim_end()));
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.0.is_coloured { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn write(&self, text: &str) {
        let mut out = self.0.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody reads along any more (`demo | head`): the demo goes on all the same.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcript").field("is_coloured", &self.0.is_coloured).finish_non_exhaustive()
    }
}

/// Bytes of strangers as text that can neither move the cursor nor change a colour nor turn the direction of
/// writing, at most `most` characters.
pub(crate) fn printable(bytes: &[u8], most: usize) -> String {
    // No character takes more than four bytes, so that what is cut off need not be looked at.
    let near = bytes.get(..most.saturating_add(1).saturating_mul(4)).unwrap_or(bytes);
    let text = String::from_utf8_lossy(near);
    let escaped = text.chars().flat_map(|character| {
        let is_plain = matches!(character, '"' | '\'' | '\\');
        let plain = is_plain.then_some(character);
        plain.into_iter().chain((!is_plain).then(|| character.escape_debug()).into_iter().flatten())
    });
    let mut line: String = escaped.clone().take(most).collect();
    if escaped.count() > most {
        line.pop();
        line.push('…');
    }
    line
}
