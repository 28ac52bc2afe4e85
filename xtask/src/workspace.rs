//! The checkout that a command works on.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace whose xtask `cargo run` has started. Asked at run time: a target directory
    /// shared by several checkouts may hand one of them a binary that another has compiled.
    pub(crate) fn of_this_run() -> Result<Self, Failure> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        match manifest.as_deref().and_then(Path::parent) {
            Some(root) => Ok(Self { root: root.to_path_buf() }),
            None => Err(Failure::new(
                "CARGO_MANIFEST_DIR is not set, so the workspace is unknown.",
                "Start the command as `cargo xtask` instead of running the binary.",
            )),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where programs are installed that the tests need: `target/tools`, wherever the target
    /// directory of this build is, because the tests look there; `KAA_TOOLS_DIR` moves it.
    pub(crate) fn tools(&self) -> PathBuf {
        match env::var_os("KAA_TOOLS_DIR").filter(|directory| !directory.is_empty()) {
            Some(directory) => self.root.join(directory),
            None => self.root.join("target/tools"),
        }
    }

    /// Where cargo puts the programs of the profile that the checks use.
    pub(crate) fn programs(&self) -> Result<PathBuf, Failure> {
        self.programs_of("ci")
    }

    /// Where cargo puts the programs of a profile.
    pub(crate) fn programs_of(&self, profile: &str) -> Result<PathBuf, Failure> {
        let metadata =
            process::read(&mut self.cargo(["metadata", "--no-deps", "--format-version", "1"]))?.stdout;
        target_directory(&metadata).map(|target| target.join(profile)).ok_or_else(|| {
            Failure::new(
                "`cargo metadata` names no target directory.",
                "Set CARGO_TARGET_DIR to a plain path.",
            )
        })
    }

    /// Cargo as if typed at the root of the workspace.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).args(arguments);
        for (name, _) in env::vars_os() {
            if describes_a_package(&name) {
                command.env_remove(name);
            }
        }
        command
    }
}

/// The target directory in the JSON of `cargo metadata`, unless there is something escaped in it.
fn target_directory(metadata: &str) -> Option<PathBuf> {
    let (_, rest) = metadata.split_once("\"target_directory\":\"")?;
    let (path, _) = rest.split_once('"')?;
    (!path.contains('\\')).then(|| path.into())
}

/// Whether `cargo run` has set this variable to describe xtask. Build scripts watch some of them
/// (ring's does), and would run again each time `cargo` and `cargo xtask` take turns.
fn describes_a_package(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_directory_is_found_in_the_metadata() {
        let json = r#"{"packages":[],"target_directory":"/w/target","version":1}"#;
        assert_eq!(target_directory(json), Some("/w/target".into()));
        for other in ["{}", r#""target_directory":"C:\\w""#] {
            assert_eq!(target_directory(other), None);
        }
        assert!(Workspace::of_this_run().unwrap().programs().unwrap().ends_with("ci"));
    }

    #[test]
    fn the_workspace_is_the_directory_above_xtask() {
        let workspace = Workspace::of_this_run().unwrap();
        assert!(workspace.root().join("xtask/Cargo.toml").is_file());
        assert!(workspace.root().join("Cargo.lock").is_file());
    }

    #[test]
    fn nested_cargo_does_not_inherit_the_description_of_xtask() {
        let cargo = Workspace::of_this_run().unwrap().cargo(["--version"]);
        let removed: Vec<_> =
            cargo.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(removed.contains(&OsStr::new("CARGO_MANIFEST_DIR")), "{removed:?}");
        assert!(removed.contains(&OsStr::new("CARGO_PKG_NAME")), "{removed:?}");
        assert!(!describes_a_package(OsStr::new("CARGO_HOME")));
        assert!(!describes_a_package(OsStr::new("CARGO_TARGET_DIR")));
    }
}
