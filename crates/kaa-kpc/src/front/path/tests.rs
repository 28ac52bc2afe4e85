use kaa_protocol::kp1::RequestId;
use kaa_protocol::subject::{Target, TargetedSubject};
use proptest::prelude::*;

use super::*;

fn applications() -> Applications {
    let options = r#"{"extensions": {"dcx": {}, "clock": {"endpoint-aware": false}}}"#;
    Applications::new(serde_json::from_str(options).unwrap()).unwrap()
}

fn topic(text: &str) -> Result<RequestPath, Answer> {
    read_topic(text, &Limits::default(), &applications())
}

fn url(text: &str) -> Result<RequestPath, Answer> {
    read_url_path(text, &Limits::default(), &applications())
}

/// A refused path: 400, and a reason that fits a line of a terminal.
fn reason(refused: Result<RequestPath, Answer>) -> String {
    let Answer { status_code, reason_phrase, payload } = refused.unwrap_err();
    assert_eq!((status_code, payload.len()), (400, 0));
    assert!(reason_phrase.len() <= REASON, "{reason_phrase}");
    assert!(!reason_phrase.chars().any(char::is_control), "{reason_phrase:?}");
    reason_phrase.into()
}

#[test]
fn a_newcomer_is_told_which_level_is_wrong_and_what_was_expected() {
    for (refused, expected) in [
        (
            topic("kettle/json"),
            r#""kettle/json" is not a 1/KP request topic: expected it to start with kp1/"#,
        ),
        (
            topic("kp1/v1/dcx"),
            r#""kp1/v1/dcx" is not a 1/KP request topic: the level of the endpoint token is missing"#,
        ),
        (
            topic("kp1/v1/d.x/t/json"),
            r#""kp1/v1/d.x/t/json" is not a 1/KP request topic: the extension is not one: "d.x" is not a service instance name: '.' at byte 1 is not allowed; expected 1 to 128 visible ASCII characters without '.', '*', '>', '/', '+' and '#'"#,
        ),
        (
            url("/kp1/v1/dcx/t%2Fjson"),
            r#""/kp1/v1/dcx/t%2Fjson" is not a 1/KP URL path: an escaped '/'; expected it nowhere in a level"#,
        ),
    ] {
        assert_eq!(reason(refused), expected);
    }
}

#[test]
fn a_topic_has_at_most_so_many_bytes() {
    let of = |bytes: usize| format!("kp1/v1/dcx/t/{}", "x".repeat(bytes - "kp1/v1/dcx/t/".len()));
    let most = Limits::default().topic;
    for bytes in [most - 1, most] {
        assert!(topic(&of(bytes)).is_ok() && url(&format!("/{}", of(bytes))).is_ok());
    }
    let too_long = of(most + 1);
    let expected = "has 513 bytes; at most 512 are allowed (limits.topic)";
    assert_eq!(reason(topic(&too_long)), format!("the topic {expected}"));
    assert_eq!(reason(url(&format!("/{too_long}"))), format!("the path {expected}"));
}

#[test]
fn a_topic_has_at_most_so_many_levels() {
    let of = |levels: usize| format!("kp1/v1/dcx/t{}", "/x".repeat(levels - 4));
    let most = Limits::default().topic_levels;
    for levels in [most - 1, most] {
        assert!(topic(&of(levels)).is_ok() && url(&format!("/{}", of(levels))).is_ok());
    }
    let too_deep = of(most + 1);
    let expected = "has 13 levels; at most 12 are allowed (limits.topic-levels)";
    assert_eq!(reason(topic(&too_deep)), format!("the topic {expected}"));
    assert_eq!(reason(url(&format!("/{too_deep}"))), format!("the path {expected}"));
}

#[test]
fn an_extension_that_knows_no_endpoints_has_no_token_level() {
    let path = topic("kp1/v1/clock/time/7").unwrap();
    assert_eq!((path.endpoint, path.resource_path.as_str()), (None, "/time"));
    assert_eq!(url("/kp1/v1/clock/time").unwrap().endpoint, None);
}

#[test]
fn the_name_of_a_configuration_stays_in_the_path() {
    assert_eq!(topic("kp1/v1/dcx/t/config/json/network/7").unwrap().resource_path, "/config/json/network");
}

#[test]
fn names_that_would_change_a_subject_name_no_extension() {
    for name in [
        "",
        ".",
        "..",
        "a.b",
        "*",
        ">",
        "a>",
        "a b",
        " ",
        "a\tb",
        "a\0",
        "a\r\nb",
        "\u{7f}",
        "+",
        "#",
        "a+b",
        "\u{430}bc",
        "dcx\u{200b}",
        "\u{2024}",
        "\u{202e}xcd",
        "\u{ff0a}",
        "$SYS.x",
        &"x".repeat(300),
    ] {
        reason(topic(&format!("kp1/v1/{name}/t/json")));
    }
}

#[test]
fn tokens_and_versions_are_one_level_of_text() {
    for level in ["a.b", "..", "+", "#", "a\0b", "a\nb", "\u{1b}[31m", "", &"x".repeat(129)] {
        reason(topic(&format!("kp1/v1/dcx/{level}/json")));
    }
    for level in ["+", "#", "a\0b", "a\nb", "\u{1b}[31m", "", &"x".repeat(129)] {
        reason(topic(&format!("kp1/{level}/dcx/t/json")));
    }
    // What a resource path may be is for the extension to say, apart from what a topic cannot have.
    for resource in ["..", "../..", "%2e%2e", "%00", "a b", "ü", "$SYS"] {
        assert_eq!(
            topic(&format!("kp1/v1/dcx/t/{resource}")).unwrap().resource_path,
            format!("/{resource}").as_str()
        );
    }
}

#[test]
fn what_hides_in_a_url_is_refused_or_taken_literally() {
    for path in [
        "",
        "/",
        "*",
        "kp1/v1/dcx/t",
        "//kp1/v1/dcx/t",
        "/KP1/v1/dcx/t",
        "/kp1/v1/dcx%2Ft",
        "/kp1/v1/dcx/t%00",
        "/kp1/v1/dcx/t/%2f..",
        "/kp1/v1/d%2Ex/t",
        "/kp1/v1/dcx/t%2E",
        "/kp1/v1/%64cx%20/t",
        "/kp1/v1/dcx/t/%0d%0aX:%20y",
        "/kp1/v1/dcx/t/%",
        "/kp1/v1/dcx/t/%ff",
        "/kp1/v1/dcx/t?x",
        "/kp1/v1/dcx/t#x",
        "/kp1/v1/dcx/%2B",
        "http://host/kp1/v1/dcx/t",
    ] {
        reason(url(path));
    }
    let path = url("/kp1/v1/%64cx/t/%2e%2e/%252F").unwrap();
    assert_eq!((path.extension.as_str(), path.resource_path.as_str()), ("dcx", "/../%2F"));
}

#[test]
fn the_reason_for_hostile_text_is_cut_to_size() {
    for text in ["\0", "\u{7f}", "\u{202e}", "\u{10ffff}", "\"", "kp1/\u{1}/"] {
        let topic = topic(&text.repeat(512 / text.len() / 12).repeat(12));
        reason(topic);
    }
    let longest = format!("kp1/{}", "\u{10ffff}".repeat(120));
    assert!(reason(topic(&longest)).len() > REASON - 12);
}

/// Text that is often nearly a topic.
fn text() -> impl Strategy<Value = String> {
    let level = prop_oneof![
        4 => prop::sample::select(vec!["kp1", "v1", "dcx", "clock", "t", "json", "7", "2147483648", "007", "", ".."]).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~]{0,8}",
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(level.clone(), 0..14).prop_map(|levels| levels.join("/")),
        prop::collection::vec(level, 0..6).prop_map(|levels| format!("kp1/v1/dcx/t/{}", levels.join("/"))),
    ]
}

/// No bounds: the text that a path prints as may be longer than the one it was read from.
fn unlimited() -> Limits {
    Limits { topic: usize::MAX, topic_levels: usize::MAX, ..Limits::default() }
}

proptest! {
    #[test]
    fn every_topic_is_refused_with_a_reason_or_prints_as_itself(text in text()) {
        match topic(&text) {
            Err(refusal) => drop(reason(Err(refusal))),
            Ok(path) => {
                let printed = path.topic();
                prop_assert_eq!(topic(&printed), Ok(path.clone()));
                // Only the zeros before a request ID are lost.
                let id = path.request_id.map(RequestId::get);
                let same = printed == text || text.rsplit('/').next().and_then(|last| last.parse().ok()) == id;
                prop_assert!(same, "{:?} became {:?}", text, printed);
                let subject = format!("kaa.v1.service.{}.esp.ClientData", path.extension);
                let subject: TargetedSubject = subject.parse().unwrap();
                prop_assert_eq!(subject.target, Target::Service(path.extension));
            }
        }
    }

    #[test]
    fn every_url_path_is_refused_with_a_reason_or_leads_to_the_same_again(text in text(), slash in any::<bool>()) {
        let text = if slash { format!("/{text}") } else { text };
        match url(&text) {
            Err(refusal) => drop(reason(Err(refusal))),
            Ok(path) => {
                let again = read_url_path(&path.url_path(), &unlimited(), &applications());
                prop_assert_eq!(again, Ok(path));
            }
        }
    }
}
