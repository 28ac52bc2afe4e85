//! The fields of an event without what could be taken for another event.
//!
//! tracing-subscriber escapes what starts a terminal sequence, but not the line break with which a stranger's
//! text can pretend to be another event.

use std::fmt::{self, Debug, Write};

use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

use crate::terminal::escaped;

/// The most bytes of one text. What collects logs takes lines apart that are much longer than this.
pub(super) const LONGEST: usize = 16 << 10;

/// What only exporters of spans read.
pub(super) const FOR_EXPORTERS: &str = "otel.";

/// Writes the message, and the other fields as `name=value`.
pub(super) fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(field).delimited(" ")
}

fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    if field.name().starts_with(FOR_EXPORTERS) {
        return Ok(());
    }
    if field.name() != "message" {
        write!(writer, "{field}=")?;
    }
    let mut cut = Cut::new(Escaping(writer));
    write!(cut, "{value:?}")?;
    cut.end()
}

/// Passes text on with what is hostile as escapes of Rust.
struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&escaped(text))
    }
}

/// Passes on the beginning of a text, and counts the rest.
pub(super) struct Cut<W> {
    to: W,
    room: usize,
    cut: usize,
}

impl<W: Write> Cut<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, room: LONGEST, cut: 0 }
    }

    /// Says how much was left out.
    pub(super) fn end(mut self) -> fmt::Result {
        if self.cut > 0 { write!(self.to, "… (and {} bytes more)", self.cut) } else { Ok(()) }
    }
}

impl<W: Write> Write for Cut<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let taken = text.get(..text.floor_char_boundary(self.room)).unwrap_or_default();
        self.cut += text.len() - taken.len();
        // Nothing follows what was cut.
        self.room = if self.cut > 0 { 0 } else { self.room - taken.len() };
        self.to.write_str(taken)
    }
}
