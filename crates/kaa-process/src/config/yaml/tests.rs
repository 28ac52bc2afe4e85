use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kaa_protocol::name::ServiceInstance;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{DEEPEST, parse as nodes};
use crate::config::refused::QUOTED;
use crate::config::{ConfigError, Secret, duration, size};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    service: Service,
    listen: Option<SocketAddr>,
    workers: u16,
    replicas: Option<NonZero<u64>>,
    verbose: bool,
    #[serde(with = "duration::optional")]
    handler_timeout: Option<Duration>,
    #[serde(with = "size::optional")]
    largest: Option<NonZero<u32>>,
    urls: Vec<String>,
    password: Option<Secret>,
    tokens: BTreeMap<String, String>,
    login: Option<Login>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Service {
    name: Option<ServiceInstance>,
    replica_id: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Login {
    Nobody,
    Static,
}

/// The document as a configuration, or the line and the message of the error.
fn parse<C: DeserializeOwned>(text: &str) -> Result<C, (u64, String)> {
    let node = nodes(text, &Arc::from(Path::new("test.yaml")));
    let node = node.map_err(|malformed| (malformed.line, malformed.message))?;
    C::deserialize(&node).map_err(|refused| match ConfigError::of(&refused) {
        ConfigError::Invalid { line, message, .. } => (line, message),
        other => panic!("it does not come from the file: {other:?}"),
    })
}

fn read(text: &str) -> Config {
    parse(text).unwrap()
}

fn refused(text: &str) -> (u64, String) {
    parse::<Config>(text).unwrap_err()
}

#[test]
fn every_kind_of_entry_is_read() {
    let config = read(
        "service:\n  name: kpc\n  replica-id: 7\nlisten: 127.0.0.1:1883\nworkers: 4\nverbose: true\n\
         handler-timeout: 250ms\nlargest: 256KiB\nurls: [nats://a, nats://b]\npassword: no\n\
         tokens:\n  t-1: e-1\nlogin: static # the usual\n",
    );
    assert_eq!(config.service.name.unwrap(), "kpc");
    assert_eq!(config.service.replica_id.as_deref(), Some("7"), "a number where text belongs is text");
    assert_eq!(config.password, Some("no".into()), "`no` where text belongs is text");
    assert_eq!(config.listen, Some("127.0.0.1:1883".parse().unwrap()));
    assert_eq!((config.workers, config.verbose), (4, true));
    assert_eq!(config.handler_timeout, Some(Duration::from_millis(250)));
    assert_eq!(config.largest, NonZero::new(262_144));
    assert_eq!(config.urls, ["nats://a", "nats://b"]);
    assert_eq!(config.tokens["t-1"], "e-1");
    assert_eq!(config.login, Some(Login::Static));
}

#[test]
fn where_text_belongs_a_number_is_the_words_of_it() {
    for text in ["007", "1e3", "0x10", "1_000", "-0", "true", "1.50"] {
        let config = read(&format!("urls: [ &a {text} , *a ]\nservice: {{ replica-id: {text} }}\n"));
        assert_eq!(config.service.replica_id.as_deref(), Some(text));
        assert_eq!(config.urls, [text, text]);
    }
    assert_eq!(read("service:\n  replica-id: 007 # of many\n").service.replica_id.as_deref(), Some("007"));
    assert_eq!(read("# schön\nservice: { replica-id: 007 }\n").service.replica_id.as_deref(), Some("007"));
}

#[test]
fn nothing_set_is_the_default() {
    for text in
        ["", "# nothing\n", "---\n", "{}", "service:\n", "handler-timeout: ~\nlargest: null\npassword:\n"]
    {
        assert_eq!(read(text), Config::default(), "{text:?}");
    }
}

#[test]
fn a_size_may_be_a_number() {
    assert_eq!(read("largest: 262144").largest, NonZero::new(262_144));
}

#[test]
fn an_unknown_entry_is_named_with_the_one_that_was_meant() {
    assert_eq!(
        refused("workers: 4\nservice:\n  name: kpc\n  copies: 7\n"),
        (4, "there is no entry `copies` here; there are `name`, `replica-id`".to_owned())
    );
    assert_eq!(
        refused("workers: 4\n\nhandler_timeout: 5s\n"),
        (3, "there is no entry `handler_timeout` here; did you mean `handler-timeout`?".to_owned())
    );
    let (line, message) = refused("\nservice.name: kpc\n");
    assert_eq!(line, 2);
    assert!(
        message.ends_with("; write `service:`, and what comes after the dot below it, indented"),
        "{message}"
    );
}

#[test]
fn an_unknown_entry_is_repeated_up_to_a_limit_and_without_control_characters() {
    let (_, message) = refused(&format!("\"\\e[31m{}\": 1", "x".repeat(QUOTED)));
    let name = message.split('`').nth(1).unwrap();
    assert_eq!(name, format!("\\u{{1b}}[31m{}", "x".repeat(QUOTED - 5)));
}

#[test]
fn a_value_that_cannot_be_is_told_by_its_line_and_what_it_may_be() {
    for (text, line, message) in [
        ("workers: many", 1, "this is not a number that fits, expected a whole number from 0 to 65535"),
        ("workers: 65536", 1, "this is not a number that fits, expected a whole number from 0 to 65535"),
        ("workers: 1.5", 1, "this is not a number that fits, expected a whole number from 0 to 65535"),
        ("replicas: 0", 1, "this cannot be used, expected a whole number, 1 or more"),
        ("\nverbose: perhaps", 2, "this is neither true nor false"),
        ("\n\nhandler-timeout: soon", 3, "this cannot be used, expected a duration such as 250ms, 30s or 5m"),
        ("handler-timeout: 30", 1, "this cannot be used, expected a duration such as 250ms, 30s or 5m"),
        (
            "largest: 0",
            1,
            "this cannot be used, expected a size such as 512, 256KiB or 64MiB, within the range",
        ),
        ("largest: 4GiB", 1, "this cannot be used, expected a size such as 512, 256KiB or 64MiB, within the"),
        ("largest: 1.5", 1, "this cannot be used, expected a size"),
        ("login: nobdy", 1, "this is not one of the values it can be: `nobody`, `static`"),
        ("urls: nats://a", 1, "this is one value, expected a list"),
        ("service: kpc", 1, "this is text, expected entries below this one"),
        ("password: [a, b]", 1, "this is a list, expected text"),
        ("service:\n  name: a.b", 2, "\"…\" is not a service instance name: '.' at byte 1 is not allowed"),
        ("tokens:\n  a: 1\n  a: 2\n", 3, "this entry is there twice; leave one of them"),
        ("workers: 4\n---\nworkers: 5\n", 3, "a second document begins here"),
    ] {
        let told = refused(text);
        assert!(told.0 == line && told.1.starts_with(message), "{text:?}: {told:?}");
    }
}

#[test]
fn a_document_is_nested_up_to_a_limit() {
    #[derive(Debug, Deserialize)]
    struct Nested {
        #[allow(dead_code, reason = "only whether it can be read matters")]
        deeper: Option<Box<Nested>>,
    }
    let nested = |depth: usize| parse::<Nested>(&("{deeper: ".repeat(depth) + "{}" + &"}".repeat(depth)));
    assert!(nested(DEEPEST - 1).is_ok());
    assert!(nested(DEEPEST).is_err());
    // Neither the stack nor the time of a minute: the parser gives up on the way down.
    assert!(nested(1_000_000).is_err());
    assert!(parse::<Nested>(&"- ".repeat(1_000_000)).is_err());
}

#[test]
fn aliases_work_but_do_not_multiply() {
    assert_eq!(read("urls: [&a nats://a, *a]").urls, ["nats://a", "nats://a"]);

    let mut bomb = "tokens:\n  a0: &a0 lol\n".to_owned();
    let mut laughs = "x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let (below, refer) = (level - 1, format!("*x{}", level - 1));
        let _ = writeln!(bomb, "  a{level}: &a{level} *a{below}");
        let _ = writeln!(laughs, "x{level}: &x{level} [{}]", vec![refer; 10].join(", "));
    }
    // Unknown to `Config` and known to a map of anything: both are bounded.
    assert!(parse::<Config>(&bomb).is_err());
    assert!(parse::<BTreeMap<String, serde::de::IgnoredAny>>(&laughs).is_err());
    assert!(parse::<BTreeMap<String, serde_json::Value>>(&laughs).is_err());
}

/// Something that must not be repeated, in a place that may be wrong for it.
const CANARY: &str = "hunter2";

fn documents() -> impl Strategy<Value = String> {
    let around = "[-a-z0-9 \\n\\t:,&*!|>%@`'\"{}\\[\\]#?\\\\]{0,12}";
    let entry = prop::sample::select(vec![
        "password: ",
        "workers: ",
        "verbose: ",
        "handler-timeout: ",
        "largest: ",
        "urls: ",
        "login: ",
        "service: ",
        "listen: ",
        "service:\n  name: ",
        "tokens:\n  a: ",
        "password: &",
        "password: *",
        "login: !",
        "urls:\n  - ",
    ]);
    (around, entry, around, around)
        .prop_map(|(before, entry, left, right)| format!("{before}\n{entry}{left}{CANARY}{right}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_error_tells_nothing_of_the_values_in_the_file(document in documents()) {
        if let Err(error) = parse::<Config>(&document) {
            let told = format!("{error:?}");
            // The name of an unknown entry is the one thing that is repeated.
            prop_assert!(!told.contains(CANARY) || told.contains("there is no entry"), "{told}");
        }
    }
}
