//! All layers, one over the other, into a configuration.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::command_line::CommandLine;
use super::key::{self, Key};
use super::layer::{self, Environment, Layer};
use super::node::{Node, Value};
use super::report::{self, Report};
use super::{ConfigError, Origin, Program, Settings, Wish, file, help};

/// The variable that names the configuration file.
pub const FILE: &str = "KAA_CONFIG";

/// Where the configuration `C` of a program comes from: defaults, a file, the environment and the command line.
pub struct Layers<C> {
    program: Program,
    keys: Vec<Key>,
    environment: Environment,
    line: CommandLine,
    types: PhantomData<fn() -> C>,
}

impl<C: Settings + Default + Serialize + DeserializeOwned> Layers<C> {
    /// Those of this process.
    ///
    /// # Errors
    ///
    /// [`ConfigError::CommandLine`] and [`ConfigError::Value`] for what is not understood of the command line.
    pub fn of_process(program: Program) -> Result<Self, ConfigError> {
        let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
        Self::new(program, layer::environment(), words)
    }

    /// Those that somebody has made up: variables, and the words behind the name of the program.
    ///
    /// # Errors
    ///
    /// As [`of_process`](Self::of_process).
    pub fn new(
        program: Program,
        environment: Environment,
        words: impl IntoIterator<Item = String>,
    ) -> Result<Self, ConfigError> {
        let keys = key::all::<C>(&program);
        let line = CommandLine::read(words, &program, &keys)?;
        Ok(Self { program, keys, environment, line, types: PhantomData })
    }

    /// What is asked of the program.
    pub fn wish(&self) -> Wish {
        self.line.wish
    }

    /// Reads the file, and puts the layers together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming file and line, the variable, or the flag.
    ///
    /// # Blocking
    ///
    /// Reads the file, before there is anything to hold up.
    pub fn load(&self) -> Result<Loaded<C>, ConfigError> {
        let mut merged = match (&self.line.file, self.environment.get(FILE)) {
            (Some(path), _) => file::read(path, "--config")?,
            (None, Some(path)) => file::read(Path::new(path), FILE)?,
            (None, None) => Node::root(),
        };
        Layer::of_environment(&self.keys, &self.environment).over(&mut merged, &self.keys);
        self.line.flags.over(&mut merged, &self.keys);
        let filled = filled(&merged, &self.keys, &report::values(&C::default()));
        let config = C::deserialize(&filled).map_err(|refused| ConfigError::of(&refused))?;
        layer::mistyped(&self.keys, &self.environment, &merged)?;
        Ok(Loaded { config, merged, keys: self.keys.clone() })
    }

    /// What `--help` prints.
    pub fn help(&self) -> String {
        help::help(&self.program, &self.keys, &C::default())
    }

    /// What `--version` prints.
    pub fn version(&self) -> String {
        self.program.version()
    }

    /// The entries as a table in Markdown: name, variable, default and meaning.
    pub fn table(&self) -> String {
        help::table(&self.keys, &C::default())
    }
}

/// With the defaults beside what is set. A struct need not have defaults of its own for that: it may be that of
/// the one it is in, such as the port of one service among several.
fn filled(merged: &Node, keys: &[Key], defaults: &serde_json::Value) -> Node {
    let mut filled = merged.clone();
    for key in keys.iter().filter(|key| key.is_plain() && merged.at(&key.path).is_none()) {
        if let Some((table, _)) = key.path.rsplit_once('.')
            && merged.at(table).is_some_and(|table| matches!(table.value, Value::Table(_)))
            && let Some(default) = report::find(defaults, &key.path)
        {
            filled.put(&key.path, Node::of_default(default));
        }
    }
    filled
}

impl<C> fmt::Debug for Layers<C> {
    /// Without the environment, in which there may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layers").field("program", &self.program.name).finish_non_exhaustive()
    }
}

/// A configuration, and where each of its values comes from.
pub struct Loaded<C> {
    /// The configuration.
    pub config: C,
    merged: Node,
    keys: Vec<Key>,
}

impl<C: Serialize> Loaded<C> {
    /// Where the value of an entry comes from, such as `nats.urls`.
    pub fn origin(&self, key: &str) -> Origin {
        self.merged.origin_of(key)
    }

    /// What `--print-config` prints. A program may have put into `config` before what it makes of it.
    pub fn report(&self) -> Report {
        Report::new(&self.config, &self.keys, |key| self.origin(key))
    }
}

impl<C> fmt::Debug for Loaded<C> {
    /// Without what has been read, in which there may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// Reads a file alone, without the layers above it.
///
/// # Errors
///
/// [`ConfigError`], naming file and line.
pub fn read<C: DeserializeOwned>(path: &Path) -> Result<C, ConfigError> {
    C::deserialize(&file::read(path, "--config")?).map_err(|refused| ConfigError::of(&refused))
}
