//! Client libraries, from PyPI and npm.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::process;
use crate::python;
use crate::scratch::{self, Scratch};

/// What somebody can do whose machine cannot download.
const BY_HAND: &str = "Libraries are downloaded from PyPI and npm; see to it that `pip` and `npm` reach them \
     (`apt-get install -y python3-venv npm`), then run the command again.";

/// How often a download is tried before the network counts as absent.
const ATTEMPTS: usize = 3;

/// A library in a directory of its own.
pub(crate) struct Library {
    /// The directory.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) what: &'static str,
    /// The files of one directory that say what is installed. The first holds versions and hashes; its
    /// copy in the directory says what is there.
    pub(crate) pins: &'static [&'static str],
    /// Installs what the pins in a directory say into this directory; the other one is for what is
    /// needed on the way.
    pub(crate) download: fn(&Path, &Path) -> Result<(), Failure>,
}

pub(super) const LIBRARIES: [Library; 6] = [
    Library { name: "paho-1", what: "paho-mqtt 1.6", pins: &["paho-1.txt"], download: with_pip },
    Library { name: "paho-2", what: "paho-mqtt 2", pins: &["paho-2.txt"], download: with_pip },
    Library {
        name: "mqtt-js",
        what: "mqtt of npm",
        pins: &["package-lock.json", "package.json"],
        download: with_npm,
    },
    Library {
        name: "asyncapi",
        what: "the parser of AsyncAPI",
        pins: &["asyncapi/package-lock.json", "asyncapi/package.json"],
        download: with_npm,
    },
    Library {
        name: "nats-js",
        what: "NATS for JavaScript",
        pins: &["nats-js/package-lock.json", "nats-js/package.json"],
        download: with_npm,
    },
    Library {
        name: "playwright",
        what: "playwright-core, which drives a browser",
        pins: &["console/package-lock.json", "console/package.json"],
        download: with_npm,
    },
];

impl Library {
    /// Makes `libraries/<name>` what the files in `pins` say.
    pub(crate) fn install_unless_current(&self, pins: &Path, libraries: &Path) -> Result<(), Failure> {
        let installed = libraries.join(self.name);
        if self.is_current(pins, &installed)? {
            return Ok(());
        }
        eprintln!("downloading {}", self.what);
        let scratch = Scratch::inside(libraries)?;
        let fresh = scratch.path().join(self.name);
        let mut attempt = 1;
        while let Err(failure) = self.fill(pins, &fresh, scratch.path()) {
            if attempt == ATTEMPTS {
                return Err(failure);
            }
            eprintln!("{failure}\ntrying again");
            attempt += 1;
        }
        // Renamed last: whoever finds the directory finds all of the library.
        scratch::remove(&installed)?;
        fs::rename(&fresh, &installed).map_err(|error| Failure::file("write", &installed, &error))
    }

    fn fill(&self, pins: &Path, fresh: &Path, scratch: &Path) -> Result<(), Failure> {
        scratch::remove(fresh)?;
        fs::create_dir(fresh).map_err(|error| Failure::file("create", fresh, &error))?;
        for pin in self.pins {
            fs::copy(pins.join(pin), fresh.join(file_name(pin)))
                .map_err(|error| Failure::file("copy", &pins.join(pin), &error))?;
        }
        (self.download)(fresh, scratch)
    }

    fn is_current(&self, pins: &Path, installed: &Path) -> Result<bool, Failure> {
        for pin in self.pins {
            let path = pins.join(pin);
            let wanted = fs::read(&path).map_err(|error| Failure::file("read", &path, &error))?;
            if fs::read(installed.join(file_name(pin))).ok() != Some(wanted) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a pin is called where it is installed: those of several libraries of npm have the same names.
fn file_name(pin: &str) -> &str {
    pin.rsplit('/').next().unwrap_or(pin)
}

/// For `PYTHONPATH`. The older paho comes as source only; building it takes pip a second.
pub(crate) fn with_pip(directory: &Path, scratch: &Path) -> Result<(), Failure> {
    let python = python::with_pip(scratch, BY_HAND)?;
    let requirements = directory.join(directory.file_name().unwrap_or_default()).with_extension("txt");
    process::run(
        python::pip(&python, "install")
            .args(["--no-deps", "--require-hashes", "--no-warn-conflicts", "--target"])
            .arg(directory)
            .arg("--requirement")
            .arg(requirements),
        BY_HAND,
    )
}

/// For `NODE_PATH`, in `node_modules`. No script of any package is run.
pub(crate) fn with_npm(directory: &Path, _scratch: &Path) -> Result<(), Failure> {
    process::run(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"])
            .args(["--loglevel=error", "--fetch-retries=5"])
            .current_dir(directory)
            // Standard output is for the directory that `cargo xtask clients` prints.
            .stdout(Stdio::null()),
        BY_HAND,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// Two empty directories, for pins and libraries.
    fn directories(name: &str) -> (Scratch, PathBuf, PathBuf) {
        let scratch = Scratch::inside(&std::env::temp_dir().join(format!("xtask-library-{name}"))).unwrap();
        let (pins, libraries) = (scratch.path().join("pins"), scratch.path().join("libraries"));
        fs::create_dir(&pins).unwrap();
        fs::create_dir(&libraries).unwrap();
        (scratch, pins, libraries)
    }

    #[test]
    fn every_library_is_pinned_by_files_of_this_checkout() {
        let pins = crate::workspace::Workspace::of_this_run().unwrap().root().join("tests/clients");
        for library in &LIBRARIES {
            let lock = fs::read_to_string(pins.join(library.pins[0])).unwrap();
            assert!(lock.contains("sha256:") || lock.contains("\"integrity\": \"sha512-"), "{lock}");
            assert!(!lock.contains("\"resolved\""), "a lock file that names a host serves one network only");
            assert!(!library.is_current(&pins, Path::new("/nowhere")).unwrap());
        }
    }

    #[test]
    fn a_library_is_installed_once_and_again_when_its_pin_changes() {
        static DOWNLOADS: AtomicUsize = AtomicUsize::new(0);
        let library = Library {
            name: "lib",
            what: "a library",
            pins: &["lib.txt"],
            download: |directory, _| {
                DOWNLOADS.fetch_add(1, Relaxed);
                fs::write(directory.join("code"), "code").unwrap();
                Ok(())
            },
        };
        let (_scratch, pins, libraries) = directories("again");
        fs::write(pins.join("lib.txt"), "lib==1").unwrap();
        library.install_unless_current(&pins, &libraries).unwrap();
        library.install_unless_current(&pins, &libraries).unwrap();
        assert_eq!(DOWNLOADS.load(Relaxed), 1);
        fs::write(libraries.join("lib/left-by-1"), "old").unwrap();
        fs::write(pins.join("lib.txt"), "lib==2").unwrap();
        library.install_unless_current(&pins, &libraries).unwrap();
        assert_eq!(DOWNLOADS.load(Relaxed), 2);
        assert!(libraries.join("lib/code").is_file());
        assert!(!libraries.join("lib/left-by-1").exists());
    }

    #[test]
    fn a_flaky_network_costs_a_repetition_and_an_absent_one_leaves_nothing() {
        static ATTEMPT: AtomicUsize = AtomicUsize::new(0);
        let (_scratch, pins, libraries) = directories("flaky");
        fs::write(pins.join("lib.txt"), "lib==1").unwrap();
        let mut library = Library {
            name: "lib",
            what: "a library",
            pins: &["lib.txt"],
            download: |_, _| Err(Failure::new("no network.", "Wait.")),
        };
        library.install_unless_current(&pins, &libraries).unwrap_err();
        assert_eq!(fs::read_dir(&libraries).unwrap().count(), 0);
        library.download = |directory, _| {
            fs::write(directory.join("part"), "").unwrap();
            match ATTEMPT.fetch_add(1, Relaxed) {
                0 | 1 => Err(Failure::new("no network.", "Wait.")),
                _ => Ok(()),
            }
        };
        library.install_unless_current(&pins, &libraries).unwrap();
        assert_eq!(ATTEMPT.load(Relaxed), ATTEMPTS);
    }
}
