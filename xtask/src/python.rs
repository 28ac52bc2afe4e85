//! A Python that can run pip.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// The Python on PATH, or a virtual environment of it in `scratch` (Debian's python3 comes without
/// pip); `remedy` is for a machine that has neither.
pub(crate) fn with_pip(scratch: &Path, remedy: &str) -> Result<PathBuf, Failure> {
    let has_pip =
        |python: &Path| process::read(Command::new(python).args(["-m", "pip", "--version"])).is_ok();
    let system = PathBuf::from("python3");
    if has_pip(&system) {
        return Ok(system);
    }
    let environment = scratch.join("venv");
    let made = process::read(Command::new(&system).args(["-m", "venv"]).arg(&environment));
    let python = environment.join("bin/python3");
    match made {
        Ok(_) if has_pip(&python) => Ok(python),
        _ => Err(Failure::new("there is no Python with pip or venv to download with.", remedy)),
    }
}

/// `pip <command>`, quiet, and patient with a slow network.
pub(crate) fn pip(python: &Path, command: &str) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", command, "--quiet", "--disable-pip-version-check"]);
    pip.args(["--retries", "8", "--timeout", "60"]);
    // Nothing is installed into the Python of the system, so its advice against that is noise.
    pip.env("PIP_ROOT_USER_ACTION", "ignore");
    pip
}
