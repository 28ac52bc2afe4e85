//! Which entries a type has. Nobody lists them: serde is asked what it would read.
//!
//! A type is deserialised from something that has no values, but notes how it was asked for them: a struct asks
//! with the names of its fields, a number as a number, an enum with its variants. What is asked for at some key
//! is found by leading the type there. An enum whose mode is one of its entries (`tag = "mode"`) says nothing of
//! itself; it is given modes and entries it cannot know, and its refusals list those it does.

use std::cell::RefCell;
use std::iter;

use serde::Deserializer;
use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeOwned, Expected, IntoDeserializer, Visitor};

use super::node::{Node, Value};
use super::refused::{Problem, Refused, plain};
use super::{Origin, Secret};

/// A name that no entry has.
const NOBODY: &str = "\u{0}";

/// How a type asks for what stands at a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Text, a number, or what else is one word; with what it may be.
    Word { expected: String },
    /// True or false.
    Switch,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Text that is not to be shown.
    Secret,
    /// A list.
    List,
    /// Entries with these names.
    Table(Vec<&'static str>),
    /// Entries, of which this one says which others there are.
    Tagged(&'static str),
    /// Entries with names of the operator's choice.
    Open,
    /// There is nothing to be set.
    Nothing,
}

/// How `C` asks for what stands at a key; the whole of it is at the empty one.
pub(super) fn of<C: DeserializeOwned>(key: &[&str]) -> Shape {
    let found = RefCell::new(Shape::Nothing);
    // Nothing has a value, so this fails when the place is found.
    let _ = C::deserialize(Probe { key, end: End::Note(&found) });
    found.into_inner()
}

/// What the enum at a key may be, and the entries of all its modes.
pub(super) fn modes<C: DeserializeOwned>(
    key: &[&str],
    tag: &'static str,
) -> (&'static [&'static str], Vec<&'static str>) {
    let refusal = |mode: &str, entry: Option<&str>| {
        let mut node = Node::root();
        for (name, value) in iter::once((tag, mode)).chain(entry.map(|name| (name, ""))) {
            node.put(name, Node::new(Value::Text(value.to_owned()), Origin::Default));
        }
        C::deserialize(Probe { key, end: End::Give(&node) }).err().map(|refused| refused.problem)
    };
    let Some(Problem::Choice(modes)) = refusal(NOBODY, None) else { return (&[], Vec::new()) };
    let mut entries = Vec::new();
    for mode in modes {
        let Some(Problem::Unknown { expected, .. }) = refusal(mode, Some(NOBODY)) else { continue };
        for name in expected {
            if !entries.contains(name) {
                entries.push(name);
            }
        }
    }
    (modes, entries)
}

/// What leads a type to a key.
#[derive(Clone, Copy)]
struct Probe<'a> {
    key: &'a [&'a str],
    end: End<'a>,
}

/// What is done there.
#[derive(Clone, Copy)]
enum End<'a> {
    Note(&'a RefCell<Shape>),
    Give(&'a Node),
}

impl<'de> Probe<'de> {
    /// At the end: notes the shape. On the way there: leads on.
    fn ask<V: Visitor<'de>>(
        self,
        visitor: V,
        shape: impl FnOnce(V) -> Shape,
        give: impl FnOnce(&'de Node, V) -> Result<V::Value, Refused>,
    ) -> Result<V::Value, Refused> {
        match (self.key, self.end) {
            ([], End::Note(found)) => {
                *found.borrow_mut() = shape(visitor);
                Err(de::Error::custom("there are no values here"))
            }
            ([], End::Give(node)) => give(node, visitor),
            ([first, rest @ ..], end) => {
                visitor.visit_map(MapDeserializer::new(iter::once((*first, Probe { key: rest, end }))))
            }
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as the other shapes")]
fn word<'de, V: Visitor<'de>>(visitor: V) -> Shape {
    Shape::Word { expected: plain(&(&visitor as &dyn Expected).to_string()).to_owned() }
}

/// A type that takes whatever there is: an enum that misses its tag among no entries, or a word.
fn any<'de, V: Visitor<'de>>(visitor: V) -> Shape {
    let expected = plain(&(&visitor as &dyn Expected).to_string()).to_owned();
    let nothing = iter::empty::<(&str, &str)>();
    match visitor.visit_map(MapDeserializer::<_, Refused>::new(nothing)) {
        Err(Refused { problem: Problem::Missing(tag), .. }) => Shape::Tagged(tag),
        _ => Shape::Word { expected },
    }
}

macro_rules! shapes {
    ($($deserialize:ident $shape:expr,)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.ask(visitor, $shape, |node, visitor| node.$deserialize(visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'de> {
    type Error = Refused;

    shapes! {
        deserialize_i8 word,
        deserialize_i16 word,
        deserialize_i32 word,
        deserialize_i64 word,
        deserialize_u8 word,
        deserialize_u16 word,
        deserialize_u32 word,
        deserialize_u64 word,
        deserialize_f32 word,
        deserialize_f64 word,
        deserialize_char word,
        deserialize_str word,
        deserialize_string word,
        deserialize_identifier word,
        deserialize_any any,
        deserialize_bool |_| Shape::Switch,
        deserialize_seq |_| Shape::List,
        deserialize_map |_| Shape::Open,
        deserialize_unit |_| Shape::Nothing,
        deserialize_ignored_any |_| Shape::Nothing,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        if name != Secret::NAME {
            return visitor.visit_newtype_struct(self);
        }
        self.ask(visitor, |_| Shape::Secret, |node, visitor| node.deserialize_newtype_struct(name, visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let give = |node: &'de Node, visitor| node.deserialize_struct(name, fields, visitor);
        self.ask(visitor, |_| Shape::Table(fields.to_vec()), give)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let give = |node: &'de Node, visitor| node.deserialize_enum(name, variants, visitor);
        self.ask(visitor, |_| Shape::Choice(variants), give)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_seq(visitor)
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf }
}

impl<'de> IntoDeserializer<'de, Refused> for Probe<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZero;
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;
    use crate::config::{duration, size};

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    #[allow(dead_code, reason = "only its shape matters")]
    struct Config {
        level: u8,
        is_on: bool,
        secret: Option<Secret>,
        rooms: Vec<String>,
        below: Option<Below>,
        #[serde(with = "duration::optional")]
        pause: Option<Duration>,
        #[serde(with = "size::optional")]
        largest: Option<NonZero<u32>>,
        login: Option<Login>,
        others: BTreeMap<String, u8>,
        none: (),
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    #[allow(dead_code, reason = "only its shape matters")]
    struct Below {
        how_deep: Depth,
        has_to_be_there: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Depth {
        Deep,
        VeryDeep,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "mode", deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
    #[allow(dead_code, reason = "only its shape matters")]
    enum Login {
        Nobody {},
        Asked { provider_name: String, timeout: u8 },
        Listed { timeout: u8, names: Vec<String> },
    }

    fn at(key: &[&str]) -> Shape {
        of::<Config>(key)
    }

    fn words(expected: &str) -> Shape {
        Shape::Word { expected: expected.to_owned() }
    }

    #[test]
    fn a_struct_says_which_entries_it_has() {
        let Shape::Table(names) = at(&[]) else { panic!("no table") };
        assert_eq!(names[..4], ["level", "is-on", "secret", "rooms"]);
        assert_eq!(at(&["below"]), Shape::Table(vec!["how-deep", "has-to-be-there"]));
        assert_eq!(at(&["below", "how-deep"]), Shape::Choice(&["deep", "very-deep"]));
        assert_eq!(at(&["below", "has-to-be-there"]), words("a whole number from 0 to 255"));
    }

    #[test]
    fn a_value_says_what_it_may_be() {
        assert_eq!(at(&["level"]), words("a whole number from 0 to 255"));
        assert_eq!(at(&["is-on"]), Shape::Switch);
        assert_eq!(at(&["secret"]), Shape::Secret);
        assert_eq!(at(&["rooms"]), Shape::List);
        assert_eq!(at(&["pause"]), words(duration::EXPECTED));
        assert_eq!(at(&["largest"]), words(size::EXPECTED));
        assert_eq!(at(&["others"]), Shape::Open);
        assert_eq!(at(&["none"]), Shape::Nothing);
    }

    #[test]
    fn an_enum_with_a_tag_says_what_all_its_modes_have() {
        assert_eq!(at(&["login"]), Shape::Tagged("mode"));
        let (names, entries) = modes::<Config>(&["login"], "mode");
        assert_eq!(names, ["nobody", "asked", "listed"]);
        assert_eq!(entries, ["provider-name", "timeout", "names"]);
    }
}
