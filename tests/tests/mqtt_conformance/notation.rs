//! How packets and conversations are written in the tables.
//!
//! | written | means |
//! |---|---|
//! | `> …` | the client sends these bytes |
//! | `< …` | the next packet from the server looks like this; with <code>&#124;</code> or like that; with `&` and so does the one after it, in either order |
//! | `<? …` | as `<`, or the connection ends |
//! | `x` | the server ends the connection, and sends nothing before; `x>1400`: but not within 1,400 ms |
//! | `=` | PINGREQ is answered at once: what came before was accepted, and nothing else is sent |
//! | `?` | either `=` or `x`, MQTT 5 with a DISCONNECT |
//! | `eof` | the client has nothing more to send |
//! | `v4`, `v5` | CONNECT and CONNACK of MQTT 3.1.1, of MQTT 5 |
//! | `2>`, `2<`, … | the same on a second connection |
//!
//! | in a packet | means |
//! |---|---|
//! | `10` `003C` | these bytes |
//! | `40/50` | one byte out of these |
//! | `'text'` | a string with its length in front; `'x'*9`: of nine of them |
//! | `"text"` | a string without its length |
//! | `@` and `~` in a string | a name no other row has; the topic of an endpoint of that name |
//! | `[…]` | the remaining length of this, and this |
//! | `{…}` | properties with their length |
//! | `$a` | a packet identifier the server has chosen |
//! | `*` | whatever follows; `{*}`: any properties; `{* …}`: any with these bytes among them |
//! | `ok` | success, in any of the three lengths it can have in MQTT 5 |

use std::collections::HashMap;
use std::iter::Peekable;
use std::str::Chars;
use std::vec;

/// Packet identifiers by the names they have in a row.
pub(crate) type Identifiers = HashMap<char, [u8; 2]>;

/// A step of a conversation, and the connection it is on.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) connection: usize,
    pub(crate) act: Act,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Send(Vec<Item>),
    /// All of these in any order, each as one of its alternatives.
    Expect {
        all: Vec<Vec<Vec<Item>>>,
        or_end: bool,
    },
    End {
        not_before_ms: u64,
    },
    Alive,
    AliveOrEnd,
    Finish,
}

/// A part of a packet.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Bytes(Vec<u8>),
    OneOf(Vec<u8>),
    Identifier(char),
    Frame(Vec<Self>),
    /// With `true`, there may be others.
    Properties(Vec<Self>, bool),
    Rest,
    Success,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(Vec<u8>),
    Mark(char),
}

/// Reads a row's script; `name` is what `@` stands for.
pub(crate) fn steps(script: &str, name: &str) -> Vec<Step> {
    let mut tokens = tokens(script, name).into_iter().peekable();
    let mut steps = Vec::new();
    while let Some(token) = tokens.next() {
        let Token::Word(verb) = token else { panic!("a step does not begin with {token:?}") };
        let (connection, verb) = match verb.strip_prefix('2') {
            Some(verb) => (1, verb),
            None => (0, verb.as_str()),
        };
        let mut add = |act| steps.push(Step { connection, act });
        match verb {
            ">" => add(Act::Send(items(&mut tokens))),
            "<" | "<?" => add(expectation(&mut tokens, verb == "<?")),
            "=" => add(Act::Alive),
            "?" => add(Act::AliveOrEnd),
            "eof" => add(Act::Finish),
            "x" => add(Act::End { not_before_ms: 0 }),
            "v4" => steps.extend(self::steps("> 10 ['MQTT' 04 02 003C '@'] < 20 [00 00]", name)),
            "v5" => steps.extend(self::steps("> 10 ['MQTT' 05 02 003C {} '@'] < 20 [00 00 {*}]", name)),
            _ => match verb.strip_prefix("x>").and_then(|time| time.parse().ok()) {
                Some(not_before_ms) => add(Act::End { not_before_ms }),
                None => panic!("`{verb}` is no step"),
            },
        }
    }
    steps
}

/// The bytes of what is sent.
pub(crate) fn encode(items: &[Item], identifiers: &Identifiers) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in items {
        match item {
            Item::Bytes(part) => bytes.extend_from_slice(part),
            Item::Identifier(name) => bytes.extend_from_slice(&identifiers[name]),
            Item::Frame(inner) | Item::Properties(inner, false) => {
                let inner = encode(inner, identifiers);
                bytes.extend(length(inner.len()));
                bytes.extend(inner);
            }
            other => panic!("{other:?} cannot be sent"),
        }
    }
    bytes
}

/// Whether it needs an identifier that the server has to choose first.
pub(crate) fn has_identifier(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Identifier(_) => true,
        Item::Frame(inner) | Item::Properties(inner, _) => has_identifier(inner),
        _ => false,
    })
}

/// Whether its first byte is this one.
pub(crate) fn begins_with(items: &[Item], first: u8) -> bool {
    matches!(items.first(), Some(Item::Bytes(bytes)) if bytes.first() == Some(&first))
}

/// Whether the packet that begins with `first` and has this body is what was expected; identifiers that were
/// not known are from then on.
pub(crate) fn is_expected(items: &[Item], first: u8, body: &[u8], identifiers: &mut Identifiers) -> bool {
    let (head, Some(Item::Frame(expected))) = (&items[..items.len() - 1], items.last()) else {
        panic!("{items:?} is not a first byte and a body in brackets")
    };
    let mut found = identifiers.clone();
    let fits = matches(head, &[first], &mut found) && matches(expected, body, &mut found);
    if fits {
        *identifiers = found;
    }
    fits
}

fn matches(items: &[Item], mut bytes: &[u8], identifiers: &mut Identifiers) -> bool {
    for item in items {
        let taken = match item {
            Item::Bytes(part) => bytes.starts_with(part).then_some(part.len()),
            Item::OneOf(choices) => bytes.first().is_some_and(|first| choices.contains(first)).then_some(1),
            Item::Identifier(name) => bytes.first_chunk().and_then(|chosen| {
                let taken = identifiers.iter().any(|(other, known)| other != name && known == chosen);
                (!taken && *chosen != [0, 0] && identifiers.entry(*name).or_insert(*chosen) == chosen)
                    .then_some(2)
            }),
            Item::Properties(inner, open) => properties(bytes)
                .filter(|(_, properties)| {
                    let wanted = encode(inner, identifiers);
                    if *open { contains(properties, &wanted) } else { *properties == wanted }
                })
                .map(|(taken, _)| taken),
            Item::Rest => Some(bytes.len()),
            Item::Success => match bytes {
                [] => Some(0),
                [0] => Some(1),
                [0, rest @ ..] => properties(rest).map(|(taken, _)| taken + 1),
                _ => None,
            },
            Item::Frame(_) => panic!("a packet within a packet"),
        };
        let Some(rest) = taken.and_then(|taken| bytes.get(taken..)) else { return false };
        bytes = rest;
    }
    bytes.is_empty()
}

/// Properties at the beginning of `bytes`, and how long they are with their length.
fn properties(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut size = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        size |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            let start = index + 1;
            return bytes.get(start..start + size).map(|inner| (start + size, inner));
        }
    }
    None
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A variable byte integer.
pub(crate) fn length(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value % 128).unwrap();
        value /= 128;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

type Tokens = Peekable<vec::IntoIter<Token>>;

fn expectation(tokens: &mut Tokens, or_end: bool) -> Act {
    let mut all = vec![vec![items(tokens)]];
    loop {
        match tokens.peek() {
            Some(Token::Mark('|')) => {
                tokens.next();
                all.last_mut().unwrap().push(items(tokens));
            }
            Some(Token::Mark('&')) => {
                tokens.next();
                all.push(vec![items(tokens)]);
            }
            _ => return Act::Expect { all, or_end },
        }
    }
}

/// What follows, to the end of the packet or of the brackets.
fn items(tokens: &mut Tokens) -> Vec<Item> {
    let mut items = Vec::new();
    while let Some(token) = tokens.peek() {
        let item = match token {
            Token::Text(bytes) => Item::Bytes(bytes.clone()),
            Token::Mark('[') => {
                tokens.next();
                Item::Frame(self::items(tokens))
            }
            Token::Mark('{') => {
                tokens.next();
                let open = tokens.next_if_eq(&Token::Mark('*')).is_some();
                Item::Properties(self::items(tokens), open)
            }
            Token::Mark('*') => Item::Rest,
            Token::Mark(_) => break,
            Token::Word(word) if word == "ok" => Item::Success,
            Token::Word(word) => match (word.strip_prefix('$'), word.contains('/')) {
                (Some(name), _) => Item::Identifier(name.chars().next().unwrap()),
                (None, true) => Item::OneOf(word.split('/').flat_map(|byte| hex(byte).unwrap()).collect()),
                (None, false) => match hex(word) {
                    Some(bytes) => Item::Bytes(bytes),
                    None => return items,
                },
            },
        };
        let closing = matches!(item, Item::Frame(_) | Item::Properties(..));
        let next = tokens.next();
        assert!(!closing || matches!(next, Some(Token::Mark(']' | '}'))), "brackets that do not close");
        items.push(item);
    }
    items
}

fn hex(word: &str) -> Option<Vec<u8>> {
    data_encoding::HEXUPPER.decode(word.as_bytes()).ok()
}

fn tokens(script: &str, name: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = script.chars().peekable();
    while let Some(next) = chars.next() {
        match next {
            _ if next.is_whitespace() => {}
            '[' | ']' | '{' | '}' | '*' | '|' | '&' => tokens.push(Token::Mark(next)),
            '\'' | '"' => tokens.push(Token::Text(text(&mut chars, next, name))),
            _ => {
                let mut word = String::from(next);
                while let Some(next) =
                    chars.next_if(|next| !next.is_whitespace() && !"[]{}*'\"".contains(*next))
                {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    tokens
}

fn text(chars: &mut Peekable<Chars<'_>>, quote: char, name: &str) -> Vec<u8> {
    let text: String = chars.by_ref().take_while(|next| *next != quote).collect();
    let text = text.replace("\\r", "\r").replace("\\n", "\n");
    let text = text.replace('~', "kp1/app/ext/@").replace('@', name);
    let mut times = String::new();
    if chars.next_if_eq(&'*').is_some() {
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            times.push(digit);
        }
    }
    let text = text.repeat(if times.is_empty() { 1 } else { times.parse().unwrap() }).into_bytes();
    if quote == '"' {
        return text;
    }
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text);
    bytes
}
