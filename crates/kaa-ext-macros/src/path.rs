//! The grammar of a resource path.
//!
//! ```text
//! path     := ("/" segment)+ optional?
//! optional := "[" ("/" segment)+ optional? "]"
//! segment  := literal | "{" name "}"
//! literal  := visible characters other than / { } [ ] * + ? #
//! name     := ASCII letters, digits and "_", not beginning with a digit
//! ```
//!
//! Optional parts stand at the end and nest to the right, so a path is a list of parts of which
//! the first is always there, and each further one only when all before it are. A literal may have
//! `:`, `.`, `%` or letters of any script, but nothing that is a wildcard, a query or a fragment to
//! the protocols a path travels in: such a resource could never be reached.

use std::fmt;

/// A path that follows the grammar.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    parts: Vec<Vec<Segment>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(String),
}

/// A name in braces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    /// Whether it stands inside `[…]`.
    pub(crate) optional: bool,
}

/// What is wrong with a path. The compiler can only underline the whole literal, so the text quotes
/// the place.
type Problem = String;

impl ResourcePath {
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Err(r#"the path is empty; expected "/segment", such as "/config/json""#.to_owned());
        }
        if text.starts_with('[') {
            return Err(r#"the first part of a path is always there: "/a[/b]""#.to_owned());
        }
        if !text.starts_with('/') {
            return Err(format!(r#"the path must begin with `/`: "/{text}""#));
        }
        let open = text.trim_end_matches(']');
        let parts = open.split('[').enumerate().map(|(depth, part)| parse_part(depth, part, open));
        let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
        match (parts.len() - 1, text.len() - open.len()) {
            (opened, closed) if opened > closed => Err(format!(
                r#"a `[` is never closed; optional parts end with the path: "{open}{}""#,
                "]".repeat(opened)
            )),
            (opened, closed) if opened < closed => Err(format!(
                r#"a `]` closes nothing; expected as many as there are `[`: "{open}{}""#,
                "]".repeat(opened)
            )),
            _ => Self { parts }.with_distinct_names(),
        }
    }

    fn with_distinct_names(self) -> Result<Self, Problem> {
        let names: Vec<_> = self.parameters().map(|parameter| parameter.name).collect();
        let repeated = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|n| n == *name));
        match repeated {
            Some((_, name)) => {
                Err(format!("parameter `{{{name}}}` occurs twice; give the second its own name"))
            }
            None => Ok(self),
        }
    }

    /// The names in braces, from left to right.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.parts.iter().enumerate().flat_map(|(depth, part)| {
            part.iter().filter_map(move |segment| match segment {
                Segment::Parameter(name) => Some(Parameter { name, optional: depth > 0 }),
                Segment::Literal(_) => None,
            })
        })
    }

    /// The paths without brackets, in the router's syntax, shortest first.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let mut pattern = String::new();
        self.parts
            .iter()
            .map(|part| {
                pattern.extend(part.iter().map(|segment| format!("/{segment}")));
                pattern.clone()
            })
            .collect()
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Parameter(name) => write!(f, "{{{name}}}"),
        }
    }
}

/// What stands between two brackets. `open` is the path without the `]` at its end.
fn parse_part(depth: usize, part: &str, open: &str) -> Result<Vec<Segment>, Problem> {
    if let Some((before, after)) = part.split_once(']') {
        return Err(match (depth, after) {
            (0, _) => format!("the `]` after `{before}` closes nothing"),
            (_, "") => r#"two optional parts stand side by side; nest them: "/a[/b[/c]]""#.to_owned(),
            _ => format!(r#"`{after}` follows an optional part; optional parts end the path: "/a/b[/c]""#),
        });
    }
    let Some(segments) = part.strip_prefix('/') else {
        return Err(match part {
            "" => r#"the brackets are empty; expected "[/segment]""#.to_owned(),
            _ => format!(r#"an optional part must begin with `/`: "[/{part}]""#),
        });
    };
    if segments.is_empty() {
        return Err("a segment is missing after `/`".to_owned());
    }
    if part.ends_with('/') {
        let kept = part.trim_end_matches('/');
        return Err(if open.ends_with(part) {
            format!("`{part}` must not end with `/`; expected `{kept}`")
        } else {
            format!(r#"the `/` of an optional part stands inside its brackets: "{kept}[/…]""#)
        });
    }
    segments.split('/').map(|segment| parse_segment(segment, part)).collect()
}

fn parse_segment(segment: &str, part: &str) -> Result<Segment, Problem> {
    if segment.is_empty() {
        return Err(format!("`{part}` has an empty segment; expected one `/` between two segments"));
    }
    let opened = segment.strip_prefix('{');
    match opened.and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if !name.contains(['{', '}']) => parse_name(name),
        _ if segment.contains('{') && !segment.contains('}') => {
            Err(format!("segment `{segment}`: the `{{` is never closed; a parameter is written `{{name}}`"))
        }
        _ if segment.contains('}') && !segment.contains('{') => {
            Err(format!("segment `{segment}`: the `}}` closes nothing; a parameter is written `{{name}}`"))
        }
        _ if segment.contains(['{', '}']) => Err(format!(
            "segment `{segment}`: a parameter is a whole segment; write `/{{name}}` and parse the rest in its type"
        )),
        _ => parse_literal(segment),
    }
}

fn parse_name(name: &str) -> Result<Segment, Problem> {
    let identifier = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    // These can be no argument's name, not even written raw.
    let reserved = matches!(name, "" | "_" | "self" | "Self" | "super" | "crate");
    if identifier && !reserved {
        return Ok(Segment::Parameter(name.to_owned()));
    }
    Err(if let Some(rest) = name.strip_prefix('*') {
        format!(
            "segment `{{{name}}}`: a parameter is one segment, there are no wildcards; write `{{{rest}}}`"
        )
    } else {
        format!(
            "segment `{{{name}}}`: a parameter name must be a Rust identifier of ASCII letters, digits and `_`, \
             such as `{{config_name}}`"
        )
    })
}

fn parse_literal(segment: &str) -> Result<Segment, Problem> {
    if let Some(wildcard) = segment.chars().find(|c| matches!(c, '*' | '+' | '#')) {
        return Err(format!(
            "segment `{segment}`: there are no wildcards (`{wildcard}`); a parameter `{{name}}` matches one segment"
        ));
    }
    match segment.chars().find(|c| c.is_whitespace() || c.is_control() || *c == '?') {
        Some(c) => Err(format!(
            "segment `{}`: {c:?} cannot stand in a resource path; expected visible characters without `?`",
            segment.escape_debug()
        )),
        None => Ok(Segment::Literal(segment.to_owned())),
    }
}

#[cfg(test)]
mod tests;
