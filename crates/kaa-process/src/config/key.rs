//! The entries of a configuration, each with its names in every layer.

use serde::de::DeserializeOwned;

use super::shape::{self, Shape};
use super::{Program, Settings, settings};

/// An entry that can be set.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// Its name in the file, with dots: `nats.tls.ca-file`.
    pub(super) path: String,
    pub(super) shape: Shape,
    /// Whether it decides which other entries its table has.
    pub(super) is_tag: bool,
    /// Whether it is there only with some values of the tag.
    pub(super) depends: bool,
    /// What it means; empty when nobody has said it.
    pub(super) doc: &'static str,
    /// Its variables; the first one follows from the path and goes before the others.
    pub(super) variables: Vec<String>,
    /// Its flags, in the same way.
    pub(super) flags: Vec<String>,
}

impl Key {
    /// Whether its default can be written down beside what is set.
    pub(super) fn is_plain(&self) -> bool {
        !self.depends && !self.is_tag && self.shape != Shape::Secret
    }
}

/// The variable of an entry: `NATS_TLS_CA_FILE`.
pub(super) fn variable(path: &str) -> String {
    path.replace(['.', '-'], "_").to_uppercase()
}

/// Every entry of `C`, in the order of its fields.
pub(super) fn all<C: Settings + DeserializeOwned>(program: &Program) -> Vec<Key> {
    let mut keys = Keys { program, all: Vec::new() };
    keys.walk::<C>(&mut Vec::new());
    keys.all
}

struct Keys<'a> {
    program: &'a Program,
    all: Vec<Key>,
}

impl Keys<'_> {
    fn walk<C: Settings + DeserializeOwned>(&mut self, at: &mut Vec<&'static str>) {
        match shape::of::<C>(at) {
            Shape::Nothing => {}
            Shape::Table(names) => {
                for name in names {
                    at.push(name);
                    self.walk::<C>(at);
                    at.pop();
                }
            }
            Shape::Tagged(tag) => {
                let (modes, entries) = shape::modes::<C>(at, tag);
                self.add::<C>(at, Some(tag), Shape::Choice(modes));
                for name in entries {
                    self.add::<C>(at, Some(name), Shape::Word { expected: String::new() });
                }
                let added = self.all.iter_mut().rev().take_while(|key| key.path.starts_with(&at.join(".")));
                added.for_each(|key| {
                    key.is_tag = key.path.ends_with(&format!(".{tag}"));
                    key.depends = !key.is_tag;
                });
            }
            shape => self.add::<C>(at, None, shape),
        }
    }

    fn add<C: Settings>(&mut self, at: &[&str], below: Option<&str>, shape: Shape) {
        let names: Vec<_> = at.iter().copied().chain(below).collect();
        let path = names.join(".");
        let known = settings::find(C::ENTRIES, &names);
        let mut variables = vec![variable(&path)];
        if let Some(own) = path.strip_prefix("extension.")
            && !self.program.name.is_empty()
        {
            variables.push(format!("{}_{}", self.program.prefix(), variable(own)));
        }
        variables.extend(known.and_then(|entry| entry.variable).map(str::to_owned));
        variables.dedup();
        let mut flags = vec![format!("--{path}")];
        flags.extend(known.and_then(|entry| entry.flag).map(str::to_owned));
        let doc = known.map_or("", |entry| entry.doc);
        self.all.push(Key { path, shape, is_tag: false, depends: false, doc, variables, flags });
    }
}
