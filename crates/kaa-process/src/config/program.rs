//! What a program says of itself.

use super::ConfigError;
use super::refused::{one_of, similar};

/// A program: who it is, and what can be asked of it instead of serving.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Program {
    /// What it is called: `dcx`.
    pub name: String,
    /// Its version.
    pub version: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// What can be asked of it instead of serving.
    pub commands: Vec<Command>,
    /// Flags without a value.
    pub switches: Vec<Switch>,
}

/// A word on the command line that asks for something else than serving.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// The word.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Whether it takes `--json`.
    pub json: bool,
}

/// A flag that gives an entry a certain value.
#[derive(Debug, Clone, Copy)]
pub struct Switch {
    /// The flag, with dashes.
    pub flag: &'static str,
    /// The entry.
    pub key: &'static str,
    /// Its value.
    pub value: &'static str,
    /// What it does.
    pub doc: &'static str,
}

impl Program {
    /// A program of this name, version and description; [`program!`](crate::program) knows them.
    pub fn new(name: impl Into<String>, version: &'static str, about: &'static str) -> Self {
        Self { name: name.into(), version, about, ..Self::default() }
    }

    /// With a command.
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.commands.push(command);
        self
    }

    /// With a switch.
    #[must_use]
    pub fn switch(mut self, switch: Switch) -> Self {
        self.switches.push(switch);
        self
    }

    /// What `--version` prints.
    pub fn version(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The name with which the variables of `extension` may begin: `DCX` in `DCX_TIMEOUT`.
    pub(super) fn prefix(&self) -> String {
        super::key::variable(&self.name)
    }

    pub(super) fn find_command(&self, word: &str) -> Result<Command, ConfigError> {
        let names: Vec<_> = self.commands.iter().map(|command| command.name).collect();
        let found = self.commands.iter().find(|command| command.name == word).copied();
        found.ok_or_else(|| {
            // The word is not repeated: it may be the value of a flag that takes none.
            let hint = match similar(word, &names) {
                Some(meant) => format!("did you mean the command `{meant}`?"),
                None if names.is_empty() => "it takes flags only".to_owned(),
                None => format!("the commands are {}", one_of(&names)),
            };
            ConfigError::CommandLine(format!(
                "a word on the command line is neither a flag, nor the value of one, nor a command; {hint}"
            ))
        })
    }
}

/// The [`Program`] of the crate in which this stands, as its `Cargo.toml` describes it.
#[macro_export]
macro_rules! program {
    () => {
        $crate::config::Program::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_DESCRIPTION"),
        )
    };
}
