//! What an extension can be called.

use std::str::FromStr;

/// A name that Cargo takes for a package, Rust for a crate, and Kaa for a service instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CrateName(String);

/// What Rust keeps for itself.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Crates that the new one uses, or could not be told from.
const TAKEN: &[&str] = &[
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "kaa-ext",
    "proc-macro",
    "serde",
    "serde-json",
    "std",
    "test",
    "tokio",
];

/// The longest name, in bytes: the lines it stands in fit the width of rustfmt.
const LONGEST: usize = 40;

impl CrateName {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CrateName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || !text.chars().all(is_known) || text.ends_with('-') || text.len() > LONGEST {
            return Err(format!(
                "expected at most {LONGEST} lower-case letters, digits and '-', a letter first, such as soil-watch"
            ));
        }
        if KEYWORDS.contains(&text) {
            return Err(format!("\"{text}\" is a word of Rust; try {text}-extension"));
        }
        if TAKEN.contains(&text) {
            return Err(format!(
                "\"{text}\" is the name of a crate that it uses, or of a directory of Cargo; try my-{text}"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_good_for_cargo_rust_and_kaa() {
        for good in ["plants", "soil-watch", "x2"] {
            let name: CrateName = good.parse().unwrap();
            assert!(name.as_str().parse::<kaa_ext::protocol::name::ServiceInstance>().is_ok());
        }
        for bad in ["", "Plants", "2x", "-x", "x-", "a.b", "a/b", "../x", "ä", "a b", "a_b", &"x".repeat(41)]
        {
            let error = bad.parse::<CrateName>().unwrap_err();
            assert!(error.contains("such as soil-watch"), "{bad}: {error}");
        }
        assert_eq!(
            "async".parse::<CrateName>().unwrap_err(),
            "\"async\" is a word of Rust; try async-extension"
        );
        assert!("tokio".parse::<CrateName>().unwrap_err().ends_with("try my-tokio"));
    }
}
