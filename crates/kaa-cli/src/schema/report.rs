//! What is told of two schemas.

use std::fmt::Write as _;
use std::io::{Write, stdout};
use std::process::ExitCode;

use super::Mode;
use super::compare::{Sides, incompatibilities, moved};
use super::files::Pair;
use crate::terminal::{Paint, escaped};

/// Prints what does not fit; the exit code says whether everything does.
pub(super) fn print(pairs: &[Pair], mode: Mode, wire: bool) -> ExitCode {
    let mut out = stdout().lock();
    let paint = Paint::on(&out);
    let mut is_compatible = true;
    for pair in pairs {
        let (text, fits) = report(pair, mode, wire, paint);
        is_compatible &= fits;
        if out.write_all(text.as_bytes()).is_err() {
            // Nobody reads standard output any more; the exit code is still told.
            break;
        }
    }
    if is_compatible { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(pair: &Pair, mode: Mode, wire: bool, paint: Paint) -> (String, bool) {
    let mut text = format!("{}\n", paint.bold(escaped(&pair.name)));
    let (old, new) = match (&pair.old, &pair.new) {
        (Some(old), Some(new)) => (old, new),
        (None, _) => return (format!("{text}  {}\n", paint.good("new")), true),
        (Some(_), None) => {
            let gone = paint
                .bad("gone: what is written by it cannot be read any more; keep it while somebody uses it");
            return (format!("{text}  {gone}\n"), false);
        }
    };
    let mut fits = true;
    let directions = [
        (
            Mode::Backward,
            "backward",
            "NEW reads what OLD wrote",
            new,
            old,
            Sides { reader: "NEW", writer: "OLD" },
        ),
        (
            Mode::Forward,
            "forward ",
            "OLD reads what NEW writes",
            old,
            new,
            Sides { reader: "OLD", writer: "NEW" },
        ),
    ];
    for (direction, name, meaning, reader, writer, sides) in directions {
        if mode != Mode::Full && mode != direction {
            continue;
        }
        let found = incompatibilities(reader, writer, sides);
        fits &= found.is_empty();
        let verdict = if found.is_empty() { paint.good("ok") } else { paint.bad("incompatible") };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name}  {verdict}  {}", paint.dim(meaning));
        for incompatibility in found {
            let (path, problem) =
                (escaped(&incompatibility.path).into_owned(), escaped(&incompatibility.problem).into_owned());
            let _ = writeln!(text, "    {}: {problem}", paint.name(path));
            let _ = writeln!(text, "      fix: {}", escaped(&incompatibility.mend));
        }
    }
    let moved = moved(old, new);
    fits &= !wire || moved.is_none();
    let _ = match moved {
        None => writeln!(
            text,
            "  wire      {}  {}",
            paint.good("ok"),
            paint.dim("the fields of OLD are the first fields of NEW")
        ),
        Some(why) => {
            let verdict = if wire { paint.bad("incompatible") } else { paint.warning("differs") };
            writeln!(text, "  wire      {verdict}  {}", escaped(&why))
        }
    };
    (text, fits)
}
