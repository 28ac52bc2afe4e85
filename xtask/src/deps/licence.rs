//! Licences of the packages that are compiled into the product.

use std::collections::BTreeSet;

/// Where the accepted ones are listed, for cargo-deny as well.
const PLAN: &str = include_str!("../../../deny.toml");

/// The licences of the list `allow`.
fn accepted(plan: &str) -> impl Iterator<Item = &str> {
    let list = plan.lines().skip_while(|line| line.trim() != "allow = [").skip(1);
    list.map(str::trim)
        .take_while(|line| *line != "]")
        .map(|line| line.trim_end_matches(',').trim_matches('"'))
}

/// The packages of `tree` (lines like `bytes v1.12.1|MIT`) whose licence is not accepted.
pub(super) fn objections(tree: &str) -> Vec<String> {
    let refused: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.trim_end_matches(" (*)").split_once('|'))
        .filter(|(_, licence)| !is_accepted(licence))
        .collect();
    refused.iter().map(|(package, licence)| format!("{package} has the licence {licence:?}")).collect()
}

/// Whether an SPDX expression can be fulfilled with accepted licences. A `/` is the older way to
/// write `OR`.
fn is_accepted(expression: &str) -> bool {
    any_of(&expression.replace('/', " OR "))
}

/// `OR` binds weaker than `AND`, so it is taken apart first.
fn any_of(expression: &str) -> bool {
    split_outside_parentheses(expression, " OR ").into_iter().any(all_of)
}

fn all_of(expression: &str) -> bool {
    split_outside_parentheses(expression, " AND ").into_iter().all(|term| {
        let term = term.trim();
        match term.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => any_of(inner),
            None => accepted(PLAN).any(|licence| licence == term),
        }
    })
}

fn split_outside_parentheses<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some((before, after)) = rest.get(from..).and_then(|tail| tail.split_once(separator)) {
        let end = from + before.len();
        let part = rest.get(..end).unwrap_or_default();
        if part.matches('(').count() == part.matches(')').count() {
            parts.push(part);
            rest = after;
            from = 0;
        } else {
            from = end + separator.len();
        }
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_one_of_cargo_deny() {
        let plan = "[licenses]\nallow = [\n    \"MIT\",\n    \"ISC\"\n]\nx = [\n\"GPL-3.0\"\n]\n";
        assert_eq!(accepted(plan).collect::<Vec<_>>(), ["MIT", "ISC"]);
        assert!(accepted(PLAN).any(|licence| licence == "Apache-2.0 WITH LLVM-exception"));
    }

    #[test]
    fn one_accepted_choice_is_enough() {
        for licence in ["MIT", "MIT OR Apache-2.0", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "Unlicense OR MIT"] {
            assert!(is_accepted(licence), "{licence}");
        }
    }

    #[test]
    fn every_part_of_a_conjunction_counts() {
        assert!(is_accepted("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(is_accepted("Apache-2.0 AND ISC"));
        assert!(!is_accepted("(MIT OR Apache-2.0) AND OpenSSL"));
        assert!(!is_accepted("OpenSSL AND (MIT OR Apache-2.0)"));
        assert!(is_accepted("(GPL-3.0 AND MIT) OR (ISC AND (MIT OR GPL-3.0))"));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert!(is_accepted("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"));
        assert!(!is_accepted("GPL-2.0 WITH Classpath-exception-2.0"));
    }

    #[test]
    fn no_licence_is_not_an_accepted_one() {
        for licence in ["", " ", "()", "MIT AND ", "OR"] {
            assert!(!is_accepted(licence), "{licence:?}");
        }
    }

    #[test]
    fn a_refused_package_is_named_once() {
        let tree = "a v1.0.0|GPL-3.0\nb v1.0.0|MIT\n\na v1.0.0|GPL-3.0 (*)\n";
        assert_eq!(objections(tree), ["a v1.0.0 has the licence \"GPL-3.0\""]);
    }
}
