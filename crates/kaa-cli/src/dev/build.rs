//! From the sources to a program.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// The package of an extension.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) directory: PathBuf,
    /// Which of its programs.
    pub(super) bin: Option<String>,
    pub(super) release: bool,
}

/// Why there is no program.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("cargo cannot be run; is it on the PATH?")]
    Cargo(#[source] io::Error),
    /// Cargo has said why.
    #[error("it does not compile")]
    Sources,
    #[error("the package has no program; give it a src/main.rs")]
    NoProgram,
    #[error("the package has several programs ({0}); choose one with --bin")]
    Several(String),
}

/// What cargo says on its standard output, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Said {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Package {
    /// Builds it; what cargo has to say goes to the terminal. Cancel safe: cargo ends with the future.
    pub(super) async fn build(&self) -> Result<PathBuf, BuildError> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.directory).args(["build", "--message-format=json-render-diagnostics"]);
        match &self.bin {
            Some(bin) => cargo.args(["--bin", bin]),
            None => cargo.arg("--bins"),
        };
        if self.release {
            cargo.arg("--release");
        }
        cargo.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut building = cargo.spawn().map_err(BuildError::Cargo)?;
        let mut programs = Vec::new();
        if let Some(said) = building.stdout.take() {
            let mut lines = BufReader::new(said).lines();
            while let Some(line) = lines.next_line().await.map_err(BuildError::Cargo)? {
                programs.extend(program(&line));
            }
        }
        if !building.wait().await.map_err(BuildError::Cargo)?.success() {
            return Err(BuildError::Sources);
        }
        match programs.as_slice() {
            [] => Err(BuildError::NoProgram),
            [(_, path)] => Ok(path.clone()),
            several => {
                let names: Vec<_> = several.iter().map(|(name, _)| name.as_str()).collect();
                Err(BuildError::Several(names.join(", ")))
            }
        }
    }
}

/// The program that a line of cargo is about.
fn program(line: &str) -> Option<(String, PathBuf)> {
    let said: Said = serde_json::from_str(line).ok()?;
    let target = said.target.filter(|target| target.kind.iter().any(|kind| kind == "bin"))?;
    Some((target.name, said.executable?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_about_a_program_is_told_from_the_others() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"greeter","test":true},
            "executable":"/target/debug/greeter","fresh":false}"#;
        assert_eq!(program(line), Some(("greeter".to_owned(), "/target/debug/greeter".into())));
        for line in [
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"greeter"},"executable":null}"#,
            r#"{"reason":"build-script-executed","linked_libs":[]}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "what a build script prints",
        ] {
            assert_eq!(program(line), None);
        }
    }
}
