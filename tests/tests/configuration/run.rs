//! A program from its start to its end.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use kaa_tests::program::program;
use tempfile::TempDir;

/// A program, and what it is started with.
pub(crate) struct Run {
    command: Command,
    directory: TempDir,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) is_good: bool,
    pub(crate) printed: String,
    pub(crate) error: String,
}

impl Run {
    /// With an empty environment, in an empty directory.
    pub(crate) fn of(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(program(name));
        command.env_clear().current_dir(directory.path()).stdin(Stdio::null());
        Self { command, directory }
    }

    pub(crate) fn flags(mut self, flags: &[&str]) -> Self {
        self.command.args(flags);
        self
    }

    pub(crate) fn variables(mut self, variables: &[(&str, &str)]) -> Self {
        self.command.envs(variables.iter().copied());
        self
    }

    /// A file beside the program, by a relative path, so that its name is always the same.
    pub(crate) fn file(self, name: &str, content: &str) -> Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn end(mut self) -> Ended {
        let output = self.command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { is_good: output.status.success(), printed: text(output.stdout), error: text(output.stderr) }
    }

    /// What `--print-config` prints.
    pub(crate) fn config(self) -> Vec<[String; 3]> {
        let ended = self.flags(&["--print-config"]).end();
        assert!(ended.is_good, "{ended:?}");
        ended.printed.lines().map(columns).collect()
    }

    /// What it says when it does not start, without the word with which `main` begins.
    pub(crate) fn refused(self) -> String {
        let ended = self.end();
        assert!(!ended.is_good && ended.printed.is_empty(), "{ended:?}");
        // What stands before it is the log.
        ended.error.trim_end().split_once("Error: ").unwrap().1.to_owned()
    }
}

fn columns(line: &str) -> [String; 3] {
    let columns: Vec<_> = line.split('\t').map(str::to_owned).collect();
    columns.try_into().unwrap()
}

/// The value of an entry, and where it comes from.
pub(crate) fn entry(config: &[[String; 3]], key: &str) -> (String, String) {
    let [_, value, origin] = config.iter().find(|[name, ..]| name == key).unwrap();
    (value.clone(), origin.clone())
}
