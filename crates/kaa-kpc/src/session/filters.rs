//! Which topic filters are granted.

use crate::mqtt::TopicFilter;

/// How many levels the topics of an endpoint have at least: `kp1`, application version, extension, token.
const NAMES: usize = 4;

/// Whether a client may have this filter: one that can match topics of an endpoint has to name its token,
/// and whatever stands before it.
///
/// Nothing is ever delivered because of a subscription, so a filter that matches no such topic is harmless.
/// Those that begin with `$` mean things that do not exist here.
///
/// ```text
/// granted   kp1/<app>/<extension>/<token>/#    a/b    kp1/+/+
/// refused   #    +/#    kp1/#    kp1/a/b/+/#    kp1/+/dcx/#    kp1/+/+/token/#    $SYS/#
/// ```
pub(super) fn is_granted(filter: &TopicFilter<'_>) -> bool {
    let filter = filter.as_str();
    if filter.starts_with('$') {
        return false;
    }
    let names_nothing_here = !matches!(filter.split('/').next(), Some("kp1" | "+" | "#"));
    let is_too_short = filter.split('/').count() < NAMES && !filter.ends_with('#');
    let has_all_names = filter.split('/').take(NAMES).all(|level| !matches!(level, "+" | "#"));
    names_nothing_here || is_too_short || has_all_names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mqtt::packet::ProtocolVersion;

    fn granted(text: &str) -> bool {
        is_granted(&TopicFilter::new(text, ProtocolVersion::V311).unwrap())
    }

    #[test]
    fn a_filter_names_the_token_or_matches_no_endpoint() {
        for text in [
            "kp1/v1/dcx/token/#",
            "kp1/v1/dcx/token/json/+",
            "kp1/v1/dcx/token/+/status",
            "kp1/v1/dcx/token",
            "a/b",
            "a/#",
            "a",
            "/",
            "/#",
            "/kp1/#",
            "kp2/#",
            "KP1/#",
            "+",
            "+/+",
            "kp1",
            "kp1/+/+",
            "kp1/v1/dcx",
        ] {
            assert!(granted(text), "{text}");
        }
    }

    #[test]
    fn a_filter_that_could_match_the_topics_of_others_is_refused() {
        for text in [
            "#",
            "+/#",
            "+/+/#",
            "+/+/+/+",
            "+/+/+/+/#",
            "kp1/#",
            "kp1/+/#",
            "kp1/v1/#",
            "kp1/v1/dcx/#",
            "kp1/v1/dcx/+",
            "kp1/v1/dcx/+/#",
            "kp1/v1/dcx/+/json/status",
            "kp1/+/dcx/#",
            "kp1/+/dcx/token/#",
            "kp1/+/+/token/#",
            "kp1/v1/+/token",
            "+/v1/dcx/token/#",
            "$SYS/#",
            "$share/group/a/b",
            "$share/group/kp1/#",
            "$",
        ] {
            assert!(!granted(text), "{text}");
        }
    }

    fn level() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["kp1", "a", "b", "", "status"])
    }

    fn filter_level() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["kp1", "a", "b", "", "status", "+", "+", "kp1"])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_granted_matches_the_topics_of_one_token_at_most(
            levels in prop::collection::vec(filter_level(), 1..7),
            open in any::<bool>(),
            topics in prop::collection::vec(prop::collection::vec(level(), 3..7), 1..60),
        ) {
            let mut text = levels.join("/");
            if open {
                text.push_str("/#");
            }
            prop_assume!(!text.is_empty());
            let filter = TopicFilter::new(&text, ProtocolVersion::V311).unwrap();
            if is_granted(&filter) {
                for rest in &topics {
                    let topic = format!("kp1/{}", rest.join("/"));
                    if filter.matches(&topic) {
                        prop_assert_eq!(text.split('/').nth(3), rest.get(2).copied());
                    }
                }
            }
        }
    }
}
