use std::collections::HashSet;
use std::num::NonZeroUsize;

use kaa_protocol::name::{EndpointToken, ServiceInstance};
use proptest::prelude::*;

use super::*;

fn memory(known: usize, refused: usize) -> Memory {
    let options = ProviderOptions::new(ServiceInstance::from_static("cred"));
    let [known, refused] = [known, refused].map(|most| NonZeroUsize::new(most).unwrap());
    Memory::new(&ProviderOptions { known, refused, ..options })
}

fn token(name: &str) -> EndpointToken {
    name.parse().unwrap()
}

fn key(name: &str) -> Key {
    Key::new("app", &token(name))
}

fn found(endpoint: &str, token_id: Option<&'static str>) -> Verdict {
    Ok(Found { endpoint_id: endpoint.parse().unwrap(), token_id: token_id.map(Into::into) })
}

impl Memory {
    fn has(&mut self, name: &str) -> bool {
        self.recall(&("app", &token(name))).is_some()
    }

    /// Every entry is listed under its names, and nothing else is.
    fn assert_listed(&self) {
        // An endpoint and its token may share a name.
        let distinct = |entry: &Entry| names(&entry.found).collect::<HashSet<_>>().len();
        assert_eq!(self.by_name.len(), self.known.iter().map(|(_, entry)| distinct(entry)).sum::<usize>());
        for (key, entry) in &self.known {
            for name in names(&entry.found) {
                assert!(self.by_name.get(&(name, entry.number)) == Some(key));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn verdicts_hold_for_their_time_and_no_longer() {
    let mut memory = memory(10, 10);
    memory.remember(key("good"), &found("ep-1", Some("id-1")));
    memory.remember(key("bad"), &Err(Refusal::Unknown));
    memory.remember(key("gone"), &Err(Refusal::Revoked));
    memory.remember(key("unclear"), &Err(Refusal::Unavailable));
    let second = Duration::from_secs(1);
    tokio::time::advance(memory.refused_for - second).await;
    assert_eq!(memory.recall(&("app", &token("good"))), Some(found("ep-1", Some("id-1"))));
    assert_eq!(memory.recall(&("app", &token("bad"))), Some(Err(Refusal::Unknown)));
    assert_eq!(memory.recall(&("app", &token("gone"))), Some(Err(Refusal::Revoked)));
    assert!(!memory.has("unclear"));
    tokio::time::advance(second).await;
    assert!(!memory.has("bad") && !memory.has("gone"));
    tokio::time::advance(memory.known_for - memory.refused_for - second).await;
    assert!(memory.has("good"));
    tokio::time::advance(second).await;
    assert!(!memory.has("good"));
}

#[test]
fn a_token_is_known_in_its_application_only() {
    let mut memory = memory(10, 10);
    memory.remember(key("t"), &found("ep-1", None));
    assert_eq!(memory.recall(&("other", &token("t"))), None);
    // Not the same text cut elsewhere.
    assert_eq!(memory.recall(&("ap", &token("pt"))), None);
}

#[test]
fn the_one_used_longest_ago_makes_room() {
    let mut memory = memory(2, 2);
    for name in ["a", "b"] {
        memory.remember(key(name), &found(name, Some("id")));
    }
    assert!(memory.has("a"));
    memory.remember(key("c"), &found("c", None));
    assert_eq!([memory.has("a"), memory.has("b"), memory.has("c")], [true, false, true]);
    memory.assert_listed();
}

#[test]
fn no_guesser_makes_the_known_ones_forgotten() {
    let mut memory = memory(2, 100);
    memory.remember(key("good"), &found("ep-1", None));
    for guess in 0..10_000 {
        memory.remember(key(&format!("guess-{guess}")), &Err(Refusal::Unknown));
    }
    assert!(memory.has("good"));
    assert_eq!(memory.refused.len(), 100);
}

#[test]
fn what_was_said_last_counts() {
    let mut memory = memory(2, 2);
    memory.remember(key("t"), &found("ep-1", Some("id-1")));
    memory.remember(key("t"), &Err(Refusal::Revoked));
    assert_eq!(memory.recall(&("app", &token("t"))), Some(Err(Refusal::Revoked)));
    memory.remember(key("t"), &found("ep-2", Some("id-1")));
    assert_eq!(memory.recall(&("app", &token("t"))), Some(found("ep-2", Some("id-1"))));
    memory.assert_listed();
}

#[test]
fn a_token_is_forgotten_by_its_id_and_all_of_an_endpoint_by_its() {
    let mut memory = memory(10, 10);
    let remember_all = |memory: &mut Memory| {
        for (name, endpoint, id) in [
            ("a", "ep-1", Some("id-a")),
            ("b", "ep-1", None),
            ("c", "ep-2", Some("id-c")),
            ("d", "ep-3", Some("id-a")),
        ] {
            memory.remember(key(name), &found(endpoint, id));
        }
    };
    for (name, left) in [
        ("id-a", [false, true, true, false]),
        ("ep-1", [false, false, true, true]),
        ("ep-2", [true, true, false, true]),
        ("id-", [true; 4]),
        ("", [true; 4]),
    ] {
        remember_all(&mut memory);
        memory.forget_name(name);
        assert_eq!(["a", "b", "c", "d"].map(|name| memory.has(name)), left, "{name}");
        memory.assert_listed();
    }
}

#[derive(Debug, Clone)]
enum Step {
    Known(u8, u8, Option<u8>),
    Refused(u8),
    Forget(u8),
    Use(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let few = 0..6_u8;
    prop_oneof![
        (few.clone(), few.clone(), prop::option::of(few.clone())).prop_map(|(t, e, i)| Step::Known(t, e, i)),
        few.clone().prop_map(Step::Refused),
        few.clone().prop_map(Step::Forget),
        few.prop_map(Step::Use),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_names_lead_to_what_is_known(steps in prop::collection::vec(step(), 0..60)) {
        const IDS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];
        let mut memory = memory(3, 3);
        for step in steps {
            match step {
                Step::Known(token, endpoint, id) => {
                    let id = id.map(|id| IDS[usize::from(id)]);
                    memory.remember(key(&token.to_string()), &found(&endpoint.to_string(), id));
                }
                Step::Refused(token) => memory.remember(key(&token.to_string()), &Err(Refusal::Unknown)),
                Step::Forget(name) => {
                    memory.forget_name(&name.to_string());
                    let name = ByteString::from(name.to_string());
                    prop_assert!(memory.known.iter().all(|(_, entry)| names(&entry.found).all(|other| other != name)));
                }
                Step::Use(token) => drop(memory.has(&token.to_string())),
            }
            memory.assert_listed();
        }
    }
}
