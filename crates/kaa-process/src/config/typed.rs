//! Entries into the types of a configuration.

use std::collections::btree_map::Iter;

use serde::Deserializer;
use serde::de::value::{MapAccessDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};

use super::node::{Node, Value};
use super::refused::{Problem, Refused, plain};

impl Node {
    fn text(&self, expected: &str) -> Result<&str, Refused> {
        let what = match &self.value {
            Value::Text(text) | Value::Word(text) => return Ok(text),
            Value::Nothing => "there is nothing",
            Value::List(_) => "this is a list",
            Value::Table(_) => "these are entries",
        };
        Err(Refused::unfit(what, plain(expected)))
    }

    fn boolean(&self) -> Result<bool, Refused> {
        match self.text("a boolean")? {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(Refused::unfit("this is neither true nor false", "true or false")),
        }
    }

    fn number<N: std::str::FromStr>(&self, expected: &str) -> Result<N, Refused> {
        let unfit = |_| Refused::unfit("this is not a number that fits", plain(expected));
        self.text(expected)?.parse().map_err(unfit)
    }

    /// Tells where it was, when nothing inside has told it.
    fn here<T>(&self, result: Result<T, Refused>) -> Result<T, Refused> {
        result.map_err(|refused| {
            if refused.origin.is_some() {
                return refused;
            }
            // An unknown entry is the one that stands here under that name.
            let place = match (&refused.problem, &self.value) {
                (Problem::Unknown { name, .. }, Value::Table(entries)) => entries.get(name).unwrap_or(self),
                _ => self,
            };
            let origin = place.origin.clone();
            let given = match &place.value {
                Value::Text(text) | Value::Word(text) if origin.may_be_quoted() => Some(text.clone()),
                _ => None,
            };
            Refused { origin: Some(origin), given, ..refused }
        })
    }

    fn entries<'de, V: Visitor<'de>>(
        &'de self,
        visitor: V,
        optional: &'static [&'static str],
    ) -> Result<V::Value, Refused> {
        let result = match &self.value {
            Value::Table(entries) => visitor.visit_map(Entries::new(entries.iter(), optional)),
            Value::Nothing => visitor.visit_map(Entries::new(Iter::default(), &[])),
            Value::List(_) => Err(Refused::unfit("this is a list", "entries below this one")),
            Value::Text(_) | Value::Word(_) => Err(Refused::unfit("this is text", "entries below this one")),
        };
        self.here(result)
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $number:ty,)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            // What the visitor wants may be less than the type: not zero, for example.
            let expected = (&visitor as &dyn de::Expected).to_string();
            let number = self.number::<$number>(&expected);
            self.here(number.and_then(|number| visitor.$visit(number)))
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Refused;

    numbers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let result = match &self.value {
            Value::Nothing => visitor.visit_unit(),
            Value::Text(text) => visitor.visit_str(text),
            Value::Word(word) => match (word.parse::<bool>(), word.parse::<u64>(), word.parse::<i64>()) {
                (Ok(boolean), ..) => visitor.visit_bool(boolean),
                (_, Ok(number), _) => visitor.visit_u64(number),
                (.., Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_str(word),
            },
            Value::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Value::Table(entries) => visitor.visit_map(Entries::new(entries.iter(), &[])),
        };
        self.here(result)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.here(self.boolean().and_then(|boolean| visitor.visit_bool(boolean)))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let expected = (&visitor as &dyn de::Expected).to_string();
        self.here(self.text(&expected).and_then(|text| visitor.visit_str(text)))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.here(match self.value {
            Value::Nothing => visitor.visit_none(),
            _ => visitor.visit_some(self),
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match &self.value {
            Value::Table(entries) if entries.is_empty() => visitor.visit_unit(),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.here(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.here(match &self.value {
            Value::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Value::Nothing => Err(Refused::unfit("there is nothing", "a list")),
            Value::Table(_) => Err(Refused::unfit("these are entries", "a list")),
            Value::Text(_) | Value::Word(_) => Err(Refused::unfit("this is one value", "a list")),
        })
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

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.entries(visitor, &[])
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        // An entry with nothing in it stays at its default.
        self.entries(visitor, fields)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.here(match &self.value {
            Value::Table(entries) => {
                visitor.visit_enum(MapAccessDeserializer::new(Entries::new(entries.iter(), &[])))
            }
            Value::Text(text) | Value::Word(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Nothing | Value::List(_) => Err(Refused::new(Problem::Choice(variants))),
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf }
}

impl<'de> IntoDeserializer<'de, Refused> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The entries of a table.
struct Entries<'de> {
    rest: Iter<'de, String, Node>,
    /// Which of them count as not there when there is nothing in them.
    optional: &'static [&'static str],
    value: Option<&'de Node>,
}

impl<'de> Entries<'de> {
    fn new(rest: Iter<'de, String, Node>, optional: &'static [&'static str]) -> Self {
        Self { rest, optional, value: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let optional = self.optional;
        let is_there = |(name, node): &(&String, &Node)| {
            node.value != Value::Nothing || !optional.contains(&name.as_str())
        };
        let Some((name, node)) = self.rest.find(is_there) else { return Ok(None) };
        self.value = Some(node);
        let key = seed.deserialize(name.as_str().into_deserializer()).map(Some);
        key.map_err(|refused: Refused| Refused { origin: Some(node.origin.clone()), ..refused })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        match self.value.take() {
            Some(node) => seed.deserialize(node),
            None => Err(de::Error::custom("a value is asked for before its name")),
        }
    }
}
