//! What came of it all.

use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

/// What became of the requests of one who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Requests sent.
    pub requests: u64,
    /// Right answers.
    pub answers: u64,
    /// Wrong answers: errors, what cannot be understood, and what nobody asked for.
    pub wrong: u64,
    /// Requests without an answer.
    pub unanswered: u64,
    /// Pushes.
    pub pushes: u64,
    /// Samples whose batch was answered with 200, which says that they are stored.
    pub confirmed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.answers += other.answers;
        self.wrong += other.wrong;
        self.unanswered += other.unanswered;
        self.pushes += other.pushes;
        self.confirmed += other.confirmed;
    }
}

/// What came of a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How long it lasted, start and end not included.
    pub lasted: Duration,
    /// The simulated devices, all together.
    pub devices: Tally,
    /// The operator.
    pub operator: Tally,
    /// Samples of the devices that the database has since then; `None` when it could not be asked.
    pub stored: Option<u64>,
    /// Requests of all clients that the communication service passed on, also of those who are not simulated.
    pub passed_on: u64,
}

impl Summary {
    /// Whether everybody got the right answers, and every sample that was confirmed is in the database.
    pub fn is_good(&self) -> bool {
        let answered = |tally: &Tally| tally.wrong == 0 && tally.unanswered == 0;
        let kept = self.stored.is_some_and(|stored| stored >= self.devices.confirmed);
        answered(&self.devices) && answered(&self.operator) && (kept || self.devices == Tally::default())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { devices, operator, .. } = self;
        writeln!(f, "Summary of {:.1} s", self.lasted.as_secs_f64())?;
        for (who, tally) in [("devices", devices), ("operator", operator)] {
            writeln!(
                f,
                "  {who:<10}{:>5} requests, {} answers, {} wrong, {} unanswered, {} pushes",
                tally.requests, tally.answers, tally.wrong, tally.unanswered, tally.pushes
            )?;
        }
        write!(f, "  samples   {:>5} confirmed, ", devices.confirmed)?;
        match self.stored {
            Some(stored) => writeln!(f, "{stored} stored")?,
            None => writeln!(f, "the database could not be asked")?,
        }
        writeln!(f, "  kaa-kpc   {:>5} requests of all clients", self.passed_on)
    }
}
