//! `cargo xtask clients`: the clients of other people that the communication service is tested with.
//!
//! [Programs](program) come from PATH, else from Debian. [Libraries](library) are kept in `clients`
//! among the installed tools, exactly as `tests/clients` pins them.

pub(crate) mod library;
mod program;

use std::fmt;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::workspace::Workspace;
use library::LIBRARIES;
use program::Program;

/// The variable that names the directory of the libraries to the tests.
pub(crate) const VARIABLE: &str = "KAA_CLIENTS";

/// All clients, ready to be used.
pub(crate) struct Clients {
    programs: Vec<Program>,
    libraries: PathBuf,
}

impl Clients {
    /// Where the libraries are, one directory for each.
    pub(crate) fn libraries(&self) -> &PathBuf {
        &self.libraries
    }

    /// Clients that are here already or get installed now.
    pub(crate) fn find_or_install(workspace: &Workspace) -> Result<Self, Failure> {
        let programs = program::find_or_install()?;
        let (pins, libraries) = (workspace.root().join("tests/clients"), workspace.tools().join("clients"));
        for library in &LIBRARIES {
            library.install_unless_current(&pins, &libraries)?;
        }
        Ok(Self { programs, libraries })
    }
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for program in &self.programs {
            writeln!(f, "{program}")?;
        }
        for (n, library) in LIBRARIES.iter().enumerate() {
            let end = if n + 1 < LIBRARIES.len() { "\n" } else { "" };
            write!(f, "{} in {}{end}", library.what, self.libraries.join(library.name).display())?;
        }
        Ok(())
    }
}

/// The directory of the libraries on standard output, for `KAA_CLIENTS=$(cargo xtask clients)`.
pub(crate) fn print(workspace: &Workspace) -> Result<(), Failure> {
    let clients = Clients::find_or_install(workspace)?;
    eprintln!("{clients}");
    println!("{}", clients.libraries.display());
    Ok(())
}
