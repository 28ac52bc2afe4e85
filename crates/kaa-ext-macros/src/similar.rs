//! "Did you mean": the name that was probably meant.

/// The candidate that differs from `name` in at most a third of its characters.
pub(crate) fn most_similar<'a, T: AsRef<str>>(name: &str, candidates: &'a [T]) -> Option<&'a T> {
    let distance = |candidate: &&T| edits(name, candidate.as_ref());
    let closest = candidates.iter().min_by_key(distance)?;
    (distance(&closest) <= name.len().max(closest.as_ref().len()) / 3).then_some(closest)
}

/// How many characters have to be added, removed or replaced (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    // `costs[n]` is the distance between what was read of `from` and the first n of `to`.
    let mut costs: Vec<usize> = (0..=to.chars().count()).collect();
    for (removed, a) in from.chars().enumerate() {
        let mut diagonal = removed;
        let mut left = removed + 1;
        for (cost, b) in costs.iter_mut().zip(std::iter::once(None).chain(to.chars().map(Some))) {
            let above = *cost;
            *cost = match b {
                None => left,
                Some(b) => (diagonal + usize::from(a != b)).min(above + 1).min(left + 1),
            };
            diagonal = above;
            left = *cost;
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
        assert_eq!(most_similar("config_name", &candidates), Some(&"config_nam"));
        assert_eq!(most_similar("id", &candidates), None);
        assert_eq!(most_similar::<&str>("id", &[]), None);
    }
}
