//! "Did you mean": the name that was probably meant.

use std::fmt::Display;

/// The candidate that differs from `name` in at most a third of its characters.
pub(crate) fn most_similar<T: Display>(name: &str, candidates: impl Iterator<Item = T>) -> Option<T> {
    let measured = candidates.map(|candidate| {
        let text = candidate.to_string();
        (edits(name, &text), name.len().max(text.len()) / 3, candidate)
    });
    let (distance, limit, closest) = measured.min_by_key(|(distance, ..)| *distance)?;
    (distance <= limit).then_some(closest)
}

/// How many characters have to be added, removed or replaced (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    // `costs[n]` is the distance between what was read of `from` and the first n characters of `to`.
    let mut costs: Vec<usize> = (0..=to.chars().count()).collect();
    for (removed, a) in from.chars().enumerate() {
        let (mut diagonal, mut left) = (removed, removed + 1);
        let mut costs = costs.iter_mut();
        if let Some(nothing_kept) = costs.next() {
            *nothing_kept = left;
        }
        for (cost, b) in costs.zip(to.chars()) {
            let above = *cost;
            left = (diagonal + usize::from(a != b)).min(above + 1).min(left + 1);
            *cost = left;
            diagonal = above;
        }
    }
    costs.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (from, to, count) in [
            ("", "", 0),
            ("", "ab", 2),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 2),
            ("a", "a", 0),
        ] {
            assert_eq!(edits(from, to), count, "{from} {to}");
            assert_eq!(edits(to, from), count, "{to} {from}");
        }
    }

    #[test]
    fn only_a_name_that_is_nearly_the_same_is_meant() {
        let candidates = ["endpoint", "config_nam", "request"];
        assert_eq!(most_similar("config_name", candidates.iter()), Some(&"config_nam"));
        assert_eq!(most_similar("id", candidates.iter()), None);
        assert_eq!(most_similar("id", [""; 0].iter()), None);
    }
}
