//! The fields of an event without control characters.
//!
//! tracing-subscriber escapes what starts a terminal sequence, but not the line break with which a stranger's
//! text can pretend to be another event.

use std::fmt::{self, Debug, Write};

use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// Writes the message, and the other fields as `name=value`.
pub(super) fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(field).delimited(" ")
}

fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(writer, "{field}=")?;
    }
    write!(Escaping(writer), "{value:?}")
}

/// Passes text on with its control characters as escapes of Rust.
struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, control)) = rest.char_indices().find(|(_, c)| c.is_control()) {
            let (clean, tail) = rest.split_at(at);
            self.0.write_str(clean)?;
            write!(self.0, "{}", control.escape_default())?;
            rest = tail.get(control.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}
