//! The layers above the file: words of the environment and of the command line, over what is below them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::Arc;

use super::key::Key;
use super::node::{Node, Value};
use super::shape::Shape;
use super::{ConfigError, Origin};

/// The variables of the environment, by their names.
pub type Environment = BTreeMap<String, String>;

/// Those of this process. One that is set to nothing counts as not set: that is how container descriptions leave
/// one out.
pub fn environment() -> Environment {
    let variables = std::env::vars_os();
    variables.filter_map(|(name, value)| Some((name.into_string().ok()?, text(&value)?))).collect()
}

fn text(value: &OsStr) -> Option<String> {
    // What is not text is not passed over: it shows up, mangled, in the error about it.
    Some(value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}

/// What stands between commas.
fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// What one layer sets: keys and their values.
#[derive(Debug, Default)]
pub(super) struct Layer(Vec<(String, Node)>);

impl Layer {
    /// The variables that are set.
    pub(super) fn of_environment(keys: &[Key], environment: &Environment) -> Self {
        let mut layer = Self::default();
        for key in keys {
            // The name that follows from the path is the last one, and holds.
            for name in key.variables.iter().rev() {
                if let Some(text) = environment.get(name) {
                    layer.set(key, text, Origin::Variable(Arc::from(name.as_str())));
                }
            }
        }
        layer
    }

    /// Sets an entry to a word.
    pub(super) fn set(&mut self, key: &Key, text: &str, origin: Origin) {
        let value = match key.shape {
            Shape::List => {
                let items = listed(text).into_iter();
                Value::List(items.map(|item| Node::new(Value::Word(item), origin.clone())).collect())
            }
            Shape::Secret => Value::Text(text.to_owned()),
            _ => Value::Word(text.to_owned()),
        };
        self.put(&key.path, Node::new(value, origin));
    }

    /// Sets whatever is called like this.
    pub(super) fn put(&mut self, path: &str, node: Node) {
        self.0.push((path.to_owned(), node));
    }

    /// Puts this layer over what is below it.
    pub(super) fn over(&self, below: &mut Node, keys: &[Key]) {
        for (path, node) in &self.0 {
            let Some(key) = keys.iter().find(|key| key.path == *path) else { continue };
            // Of a secret and the file with it, the higher layer decides which one it is.
            if key.shape == Shape::Secret {
                below.remove(&format!("{path}-file"));
            } else if let Some(secret) = path.strip_suffix("-file")
                && keys.iter().any(|key| key.path == secret && key.shape == Shape::Secret)
            {
                below.remove(secret);
            }
            // Another mode has other entries: those of the lower layer go with theirs.
            if key.is_tag
                && let Some((table, _)) = path.rsplit_once('.')
                && below.at(path).is_none_or(|mode| mode.value.word() != node.value.word())
            {
                below.remove(table);
            }
        }
        for (path, node) in &self.0 {
            below.put(path, node.clone());
        }
    }
}

/// Objects to a variable that is called almost like one of ours, when nobody has set what was probably meant.
///
/// Other programs have variables, too: it has to begin like ours, up to the first `_`, and differ from one of them
/// by a letter, or by two if it is long.
pub(super) fn mistyped(keys: &[Key], environment: &Environment, merged: &Node) -> Result<(), ConfigError> {
    let first = |name: &str| name.split_once('_').map(|(first, _)| first.to_owned());
    let ours = |name: &str| keys.iter().any(|key| key.variables.iter().any(|own| own == name));
    for name in environment.keys().filter(|name| first(name).is_some() && !ours(name)) {
        let furthest = if name.len() < 12 { 1 } else { 2 };
        let near = |own: &&String| first(own) == first(name) && strsim::osa_distance(own, name) <= furthest;
        for key in keys {
            if let Some(meant) = key.variables.iter().find(near)
                && merged.at(&key.path).is_none()
            {
                let (name, meant, entry) = (name.clone(), meant.clone(), key.path.clone());
                return Err(ConfigError::UnknownVariable { name, meant, entry });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_of_this_process_is_read() {
        assert!(environment().get("PATH").is_some_and(|path| !path.is_empty()));
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        assert_eq!(text(OsStr::new("")), None);
        assert_eq!(text(OsStr::new(" ")).as_deref(), Some(" "));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_text_is_not_passed_over() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(text(OsStr::from_bytes(b"a\xff")).as_deref(), Some("a\u{fffd}"));
    }

    #[test]
    fn a_list_has_what_stands_between_commas() {
        assert_eq!(listed(" a, b ,,c"), ["a", "b", "c"]);
        assert!(listed(" , ").is_empty());
    }
}
