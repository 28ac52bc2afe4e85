//! What a person gets to see: colours where there is a terminal, and nothing that strangers could use to paint on it.

mod escape;
mod output;
mod paint;
mod progress;
mod table;

pub(crate) use escape::{clipped, escaped_lines};
pub(crate) use kaa_process::terminal::{escaped, escaped_json};
pub(crate) use output::Output;
pub(crate) use paint::Paint;
pub(crate) use progress::Progress;
pub(crate) use table::Table;

use std::error::Error;
use std::io::{self, Write};

use kaa_process::error::Chain;

/// Says something to whoever started the command, where it does not mix with what the command prints.
pub(crate) fn tell(command: &str, text: &str) {
    // The terminal may be gone: then there is nobody to tell.
    let _ = writeln!(io::stderr(), "kaa {command}: {}", escaped(text));
}

/// The same of an error, with all its causes.
pub(crate) fn tell_error(command: &str, error: &dyn Error) {
    tell(command, &format!("{:#}", Chain(error)));
}
