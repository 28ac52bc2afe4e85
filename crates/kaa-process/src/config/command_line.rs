//! The command line: what is asked for, and the topmost layer.

use std::path::PathBuf;
use std::sync::Arc;

use super::key::Key;
use super::layer::Layer;
use super::node::{Node, Value};
use super::refused::{shown, similar};
use super::shape::Shape;
use super::{Command, ConfigError, Origin, Program};

/// What is asked of a program.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Wish {
    /// To serve.
    Serve,
    /// One of its commands.
    Command {
        /// Which one.
        command: Command,
        /// Whether the answer is to be JSON.
        json: bool,
    },
    /// `--print-config`: which configuration it has.
    PrintConfig,
    /// `--help`.
    Help,
    /// `--version`.
    Version,
}

/// A command line that is understood.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) wish: Wish,
    /// The configuration file.
    pub(super) file: Option<PathBuf>,
    pub(super) flags: Layer,
}

/// The flags that are no entries, in the order in which they are shown.
pub(super) const OPTIONS: [(&str, &str); 4] = [
    ("--config FILE", "the configuration file, YAML; otherwise the one that KAA_CONFIG names"),
    ("--print-config", "print every entry, its value, and where that comes from; then end"),
    ("--help", "print this; then end"),
    ("--version", "print the version; then end"),
];

impl CommandLine {
    /// Reads the words behind the name of the program.
    pub(super) fn read(
        words: impl IntoIterator<Item = String>,
        program: &Program,
        keys: &[Key],
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader { program, keys, words: words.into_iter(), layer: Layer::default() };
        let (mut file, mut asked, mut command, mut json) = (None, None, None, false);
        while let Some(word) = reader.words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            match name {
                "--help" | "-h" => asked = Some(Wish::Help),
                "--version" | "-V" => asked = asked.or(Some(Wish::Version)),
                "--print-config" => asked = asked.or(Some(Wish::PrintConfig)),
                "--json" => json = true,
                "--config" => file = Some(reader.value(name, value, "the path of a file")?.into()),
                flag if flag.starts_with('-') => reader.flag(flag, value)?,
                word => command = Some(program.find_command(word)?),
            }
        }
        let flags = reader.layer;
        if json && !command.is_some_and(|command| command.json) {
            return Err(ConfigError::CommandLine(
                "--json goes with a command that prints something".to_owned(),
            ));
        }
        let command = command.map(|command| Wish::Command { command, json });
        Ok(Self { wish: asked.or(command).unwrap_or(Wish::Serve), file, flags })
    }
}

struct Reader<'a, W> {
    program: &'a Program,
    keys: &'a [Key],
    words: W,
    layer: Layer,
}

impl<W: Iterator<Item = String>> Reader<'_, W> {
    /// The value behind a flag.
    fn value(&mut self, flag: &str, value: Option<String>, expected: &str) -> Result<String, ConfigError> {
        let value = value.or_else(|| self.words.next().filter(|next| !next.starts_with("--")));
        value.ok_or_else(|| {
            let expected = if expected.is_empty() { "one" } else { expected };
            ConfigError::CommandLine(format!("flag {flag} has no value; expected {expected}"))
        })
    }

    /// An entry.
    fn flag(&mut self, flag: &str, value: Option<String>) -> Result<(), ConfigError> {
        let origin = Origin::Flag(Arc::from(flag));
        let keys = self.keys;
        if let Some(key) = keys.iter().find(|key| key.flags.iter().any(|name| name == flag)) {
            let value = match (&key.shape, value) {
                (Shape::Open, _) => {
                    let problem =
                        "it has entries with names of your choice; set one of those, or use the file";
                    return Err(ConfigError::CommandLine(format!(
                        "flag {flag}.… is meant, not {flag}: {problem}"
                    )));
                }
                // The next word is not its value, or `--insecure permissions` could mean two things.
                (Shape::Switch, None) => "true".to_owned(),
                (shape, value) => self.value(flag, value, &expected(shape))?,
            };
            self.layer.set(key, &value, origin);
            return Ok(());
        }
        if let Some(switch) = self.program.switches.iter().find(|switch| switch.flag == flag) {
            match value.as_deref() {
                None | Some("true") => {
                    self.layer.put(switch.key, Node::new(Value::Word(switch.value.to_owned()), origin));
                }
                Some("false") => {}
                Some(_) => {
                    let problem = "expected nothing behind it, or true or false".to_owned();
                    return Err(ConfigError::Value { name: flag.to_owned(), value, problem });
                }
            }
            return Ok(());
        }
        let is_below = |key: &&Key| {
            let below = flag.strip_prefix("--").and_then(|path| path.strip_prefix(&key.path));
            key.shape == Shape::Open && below.is_some_and(|below| below.starts_with('.'))
        };
        if keys.iter().any(|key| is_below(&key)) {
            let value = self.value(flag, value, "")?;
            self.layer.put(flag.trim_start_matches('-'), Node::new(Value::Word(value), origin));
            return Ok(());
        }
        Err(self.unknown(flag))
    }

    /// A flag that is none. Its value is not repeated: it may be a secret.
    fn unknown(&self, flag: &str) -> ConfigError {
        let entries = self.keys.iter().flat_map(|key| key.flags.iter().map(String::as_str));
        let switches = self.program.switches.iter().map(|switch| switch.flag);
        let options = OPTIONS.iter().filter_map(|(option, _)| option.split(' ').next());
        let known: Vec<_> = entries.chain(switches).chain(options).collect();
        let name = shown(flag);
        ConfigError::CommandLine(match similar(flag, &known) {
            Some(meant) => format!("there is no flag {name}; did you mean {meant}?"),
            None => format!("there is no flag {name}; --help lists those there are"),
        })
    }
}

/// What a value may be, in words.
pub(super) fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Word { expected } => expected.clone(),
        Shape::Switch => "true or false".to_owned(),
        Shape::Choice(names) => names.join(" or "),
        Shape::Secret => "text".to_owned(),
        Shape::List => "values, separated by commas".to_owned(),
        Shape::Table(_) | Shape::Tagged(_) | Shape::Open | Shape::Nothing => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::config::{Environment, Layers, Settings, Switch};

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize, Settings)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    struct Config {
        #[setting(flag = "--level")]
        noise_level: u8,
        is_on: bool,
        rooms: Vec<String>,
    }

    const STATUS: Command = Command { name: "status", doc: "tells how it is", json: true };
    const LOUD: Switch = Switch { flag: "--loud", key: "noise-level", value: "11", doc: "very" };

    fn layers(words: &[&str]) -> Result<Layers<Config>, ConfigError> {
        let program = Program::new("test", "1", "").command(STATUS).switch(LOUD);
        Layers::new(program, Environment::new(), words.iter().map(|word| (*word).to_owned()))
    }

    fn config(words: &[&str]) -> Config {
        layers(words).unwrap().load().unwrap().config
    }

    #[test]
    fn a_value_stands_behind_its_flag_or_behind_an_equals_sign() {
        for words in [&["--noise-level", "7"][..], &["--noise-level=7"], &["--level", "7"], &["--level=7"]] {
            assert_eq!(config(words).noise_level, 7, "{words:?}");
        }
        assert_eq!(config(&["--rooms", "a, b"]).rooms, ["a", "b"]);
        assert_eq!(config(&["--rooms=a=b"]).rooms, ["a=b"]);
        assert!(config(&["--rooms="]).rooms.is_empty());
    }

    #[test]
    fn of_flags_that_contradict_each_other_the_last_one_holds() {
        assert_eq!(config(&["--level=7", "--noise-level=8"]).noise_level, 8);
        assert_eq!(config(&["--level=7", "--loud"]).noise_level, 11);
        assert_eq!(config(&["--level=7", "--loud=false"]).noise_level, 7);
    }

    #[test]
    fn a_flag_that_is_true_or_false_does_not_take_the_next_word() {
        let asked = layers(&["--is-on", "status", "--json"]).unwrap();
        assert!(matches!(asked.wish(), Wish::Command { json: true, command } if command.name == "status"));
        assert!(asked.load().unwrap().config.is_on);
        assert!(!config(&["--is-on=no"]).is_on);
    }

    #[test]
    fn help_goes_before_everything_else_that_is_asked_for() {
        assert!(matches!(layers(&["status", "--print-config", "--help"]).unwrap().wish(), Wish::Help));
        assert!(matches!(layers(&[]).unwrap().wish(), Wish::Serve));
    }

    #[test]
    fn what_is_not_understood_is_told_with_what_was_meant() {
        for (words, told) in [
            (&["--noise"][..], "there is no flag --noise; --help lists those there are"),
            (&["--noise-levle=7"], "there is no flag --noise-levle; did you mean --noise-level?"),
            (&["--lod"], "there is no flag --lod; did you mean --loud?"),
            (&["--level"], "flag --level has no value; expected a whole number from 0 to 255"),
            (&["--level", "--loud"], "flag --level has no value; expected a whole number from 0 to 255"),
            (&["--config"], "flag --config has no value; expected the path of a file"),
            (&["--json"], "--json goes with a command that prints something"),
            (
                &["--loud=very"],
                "flag --loud=\"very\" is not valid: expected nothing behind it, or true or false",
            ),
        ] {
            assert_eq!(layers(words).unwrap_err().to_string(), told, "{words:?}");
        }
    }
}
