//! Clients that Debian packages, and what the libraries run on.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use crate::debian;
use crate::failure::Failure;

/// A program and the Debian package that has it.
const PACKAGES: [(&str, &str); 7] = [
    ("mosquitto_pub", "mosquitto-clients"),
    ("mosquitto_sub", "mosquitto-clients"),
    ("curl", "curl"),
    ("python3", "python3-venv"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("chromium", "chromium"),
];

/// A program that is here.
pub(super) struct Program {
    name: &'static str,
    path: PathBuf,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.name, self.path.display())
    }
}

/// Every program, from PATH; what is missing is installed, if we may do that.
pub(super) fn find_or_install() -> Result<Vec<Program>, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    let missing = missing_packages(&path);
    if !missing.is_empty() {
        debian::install(&missing)?;
    }
    PACKAGES.iter().map(|(name, package)| find(name, package, &path)).collect()
}

/// The Debian packages of the programs that are not on `path`, each once.
fn missing_packages(path: &OsStr) -> Vec<&'static str> {
    let missing = PACKAGES.iter().filter(|(name, _)| on_path(name, path).is_none());
    let mut packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    packages.dedup();
    packages
}

fn find(name: &'static str, package: &str, path: &OsStr) -> Result<Program, Failure> {
    match on_path(name, path) {
        Some(path) => Ok(Program { name, path }),
        None => Err(Failure::new(
            format!("the package {package} is installed, but {name} is not on PATH."),
            "Add its directory to PATH.",
        )),
    }
}

fn on_path(name: &str, path: &OsStr) -> Option<PathBuf> {
    env::split_paths(path).map(|directory| directory.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_package_with_two_missing_programs_is_named_once() {
        assert_eq!(
            missing_packages(OsStr::new("/nowhere")),
            ["mosquitto-clients", "curl", "python3-venv", "nodejs", "npm", "chromium"]
        );
    }

    #[test]
    fn what_is_on_path_is_not_installed() {
        let directory = env::temp_dir().join(format!("xtask-program-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        for program in ["mosquitto_pub", "curl", "node", "npm", "python3", "chromium"] {
            fs::write(directory.join(program), "").unwrap();
        }
        let missing = missing_packages(directory.as_os_str());
        let curl = find("curl", "curl", directory.as_os_str()).map(|program| program.to_string());
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(missing, ["mosquitto-clients"], "mosquitto_sub is missing");
        assert_eq!(curl.unwrap(), format!("curl at {}", directory.join("curl").display()));
    }
}
