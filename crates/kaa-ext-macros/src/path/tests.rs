use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn patterns(text: &str) -> Vec<String> {
    ResourcePath::parse(text).unwrap().patterns()
}

#[test]
fn a_path_without_brackets_is_its_own_pattern() {
    for text in ["/json", "/config/json", "/greet/{name}", "/v1.0/a:b/%41/straße/{_x}/{type}"] {
        assert_eq!(patterns(text), [text]);
    }
}

#[test]
fn every_optional_part_doubles_as_present_and_absent() {
    assert_eq!(patterns("/config/json[/{config_name}]"), ["/config/json", "/config/json/{config_name}"]);
    assert_eq!(patterns("/a[/b/{c}[/d[/{e}]]]"), ["/a", "/a/b/{c}", "/a/b/{c}/d", "/a/b/{c}/d/{e}"]);
}

#[test]
fn parameters_know_whether_they_may_be_absent() {
    let path = ResourcePath::parse("/{a}/x[/{b}[/{c}]]").unwrap();
    let parameters: Vec<_> = path.parameters().map(|p| (p.name, p.optional)).collect();
    assert_eq!(parameters, [("a", false), ("b", true), ("c", true)]);
}

#[test]
fn every_mistake_is_told_with_the_place_and_the_right_form() {
    for (text, expected) in [
        ("", "the path is empty"),
        ("config", r#"begin with `/`: "/config""#),
        ("[/a]", "the first part of a path is always there"),
        ("/", "a segment is missing after `/`"),
        ("/a/", "`/a/` must not end with `/`; expected `/a`"),
        ("/a[/b/]", "`/b/` must not end with `/`; expected `/b`"),
        ("/a//b", "`/a//b` has an empty segment"),
        ("/a[/b//c]", "`/b//c` has an empty segment"),
        ("/{a", "segment `{a`: the `{` is never closed"),
        ("/a}", "segment `a}`: the `}` closes nothing"),
        ("/v{a}", "segment `v{a}`: a parameter is a whole segment"),
        ("/{a}{b}", "segment `{a}{b}`: a parameter is a whole segment"),
        ("/}a{", "segment `}a{`: a parameter is a whole segment"),
        ("/{config-name}", "segment `{config-name}`: a parameter name must be a Rust identifier"),
        ("/{1a}", "a parameter name must be"),
        ("/{}", "segment `{}`: a parameter name must be"),
        ("/{_}", "a parameter name must be"),
        ("/{self}", "a parameter name must be"),
        ("/{ä}", "a parameter name must be"),
        ("/{*rest}", "write `{rest}`"),
        ("/{a}/{a}", "parameter `{a}` occurs twice"),
        ("/{a}[/{a}]", "parameter `{a}` occurs twice"),
        ("/a[/b]/c", "`/c` follows an optional part"),
        ("/a[/b][/c]", r#"nest them: "/a[/b[/c]]""#),
        ("/a[/b", r#"never closed; optional parts end with the path: "/a[/b]""#),
        ("/a[/b[/c]", r#"path: "/a[/b[/c]]""#),
        ("/a]", r#"closes nothing; expected as many as there are `[`: "/a""#),
        ("/a[/b]]", r#"expected as many as there are `[`: "/a[/b]""#),
        ("/a]/b", "the `]` after `/a` closes nothing"),
        ("/a[]", "the brackets are empty"),
        ("/a[[/b]]", "the brackets are empty"),
        ("/a[b]", r#"must begin with `/`: "[/b]""#),
        ("/a[/]", "a segment is missing after `/`"),
        ("/a/[b]", r#"stands inside its brackets: "/a[/…]""#),
        ("/a/*", "there are no wildcards (`*`)"),
        ("/a/+/b", "there are no wildcards (`+`)"),
        ("/#", "there are no wildcards (`#`)"),
        ("/a?b=c", "segment `a?b=c`: '?' cannot stand"),
        ("/a b", "segment `a b`: ' ' cannot stand"),
        ("/a\nb", r"segment `a\nb`: '\n' cannot stand"),
    ] {
        let problem = ResourcePath::parse(text).unwrap_err();
        assert!(problem.contains(expected), "{text:?}: {problem}");
    }
}

fn segment() -> impl Strategy<Value = Segment> {
    prop_oneof![
        "[^/{}\\[\\]*+?#\\s\\p{Cc}]{1,6}".prop_map(Segment::Literal),
        "[a-z][a-z0-9_]{0,6}"
            .prop_filter("reserved", |name| name != "self" && name != "super" && name != "crate")
            .prop_map(Segment::Parameter),
    ]
}

fn written(parts: &[Vec<Segment>]) -> String {
    let texts: Vec<String> =
        parts.iter().map(|part| part.iter().map(|segment| format!("/{segment}")).collect()).collect();
    texts.join("[") + &"]".repeat(parts.len() - 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_by_the_grammar_is_read_back(parts in vec(vec(segment(), 1..4), 1..4)) {
        let mut names: Vec<_> = parts.iter().flatten().filter(|s| matches!(s, Segment::Parameter(_))).collect();
        let count = names.len();
        names.sort_by_key(ToString::to_string);
        names.dedup();
        prop_assume!(names.len() == count);

        let path = ResourcePath::parse(&written(&parts)).unwrap();
        prop_assert_eq!(path.patterns().len(), parts.len());
        prop_assert_eq!(path.parts, parts);
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_written_the_same(text in r"[/a{}\[\]_*]{0,24}|/.{0,16}") {
        if let Ok(path) = ResourcePath::parse(&text) {
            prop_assert_eq!(written(&path.parts), text);
        }
    }
}
