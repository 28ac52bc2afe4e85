//! A configuration before it has types: entries below entries, each with its origin.

use std::collections::BTreeMap;

use super::Origin;

/// What stands somewhere, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing: the entry counts as not set.
    Nothing,
    /// Text, and nothing else.
    Text(String),
    /// A word that may as well be a number, or true or false: who reads it decides.
    Word(String),
    /// A list.
    List(Vec<Node>),
    /// Entries by their names.
    Table(BTreeMap<String, Node>),
}

impl Node {
    pub(super) fn new(value: Value, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// An empty table.
    pub(super) fn root() -> Self {
        Self::new(Value::Table(BTreeMap::new()), Origin::Default)
    }

    /// A default.
    pub(super) fn of_default(value: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let value = match value {
            Json::Null => Value::Nothing,
            Json::Bool(boolean) => Value::Word(boolean.to_string()),
            Json::Number(number) => Value::Word(number.to_string()),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(Self::of_default).collect()),
            Json::Object(entries) => Value::Table(
                entries.iter().map(|(name, below)| (name.clone(), Self::of_default(below))).collect(),
            ),
        };
        Self::new(value, Origin::Default)
    }

    /// What stands at a key, unless it is nothing.
    pub(super) fn at(&self, key: &str) -> Option<&Self> {
        let mut node = self;
        for name in key.split('.') {
            let Value::Table(entries) = &node.value else { return None };
            node = entries.get(name)?;
        }
        Some(node).filter(|node| node.value != Value::Nothing)
    }

    /// Where the value at a key comes from. What stands in the middle of a list comes from where the list does.
    pub(super) fn origin_of(&self, key: &str) -> Origin {
        let mut node = self;
        for name in key.split('.') {
            match &node.value {
                Value::Table(entries) => match entries.get(name) {
                    Some(below) => node = below,
                    None => return Origin::Default,
                },
                _ => break,
            }
        }
        if node.value == Value::Nothing { Origin::Default } else { node.origin.clone() }
    }

    /// Puts a value over whatever stands at a key.
    pub(super) fn put(&mut self, key: &str, value: Self) {
        let (name, rest) = key.split_once('.').map_or((key, None), |(name, rest)| (name, Some(rest)));
        if !matches!(self.value, Value::Table(_)) {
            *self = Self::new(Value::Table(BTreeMap::new()), value.origin.clone());
        }
        let Value::Table(entries) = &mut self.value else { return };
        match rest {
            None => _ = entries.insert(name.to_owned(), value),
            Some(rest) => {
                let below = entries
                    .entry(name.to_owned())
                    .or_insert_with(|| Self::new(Value::Table(BTreeMap::new()), value.origin.clone()));
                below.put(rest, value);
            }
        }
    }

    /// Takes away what stands at a key.
    pub(super) fn remove(&mut self, key: &str) {
        let Value::Table(entries) = &mut self.value else { return };
        match key.split_once('.') {
            None => _ = entries.remove(key),
            Some((name, rest)) => {
                if let Some(below) = entries.get_mut(name) {
                    below.remove(rest);
                }
            }
        }
    }
}

impl Value {
    /// The word that stands there, if it is one.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Word(text) => Some(text),
            Self::Nothing | Self::List(_) | Self::Table(_) => None,
        }
    }
}
