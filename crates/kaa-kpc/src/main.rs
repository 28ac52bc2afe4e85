//! `kaa-kpc`: the communication service as a program.

#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod main {
    pub(crate) mod metrics;
    pub(crate) mod passwords;
    pub(crate) mod run;
}

use main::run;

fn main() -> Result<(), run::RunError> {
    run::as_asked()
}
