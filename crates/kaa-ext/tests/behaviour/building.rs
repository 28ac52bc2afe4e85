//! Mistakes in putting an extension together: all at once, each with its place.

use std::time::Duration;

use kaa_ext::Limits;
use kaa_ext::prelude::*;

#[resource("/a/{one}")]
async fn one(one: String) -> String {
    one
}

#[resource("/a/{two}")]
async fn two(two: String) -> String {
    two
}

#[resource("/a[/{three}]")]
async fn three(three: Option<String>) -> Option<String> {
    three
}

#[resource("/a/fixed")]
async fn fixed() -> () {}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let error = Extension::new("not.a.name")
        .communication_service("kpc.*")
        .limits(Limits { requests: 0, handler_timeout: Duration::ZERO, ..Limits::default() })
        .resources(resources![one, two, three])
        .build()
        .unwrap_err();
    let text = error.to_string();
    assert_eq!(error.problems().len(), 6, "{text}");
    for part in [
        "extension \"not.a.name\" cannot be built:",
        "\"not.a.name\" is not a service instance name",
        "\"kpc.*\" is not a service instance name",
        "limits.requests is zero",
        "limits.handler_timeout is zero",
        "resource `two` (",
        "the path \"/a/{two}\" matches what \"/a/{one}\" of `one` (",
        "the path \"/a/{three}\" matches what \"/a/{one}\" of `one` (",
        "building.rs:",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn a_fixed_path_beside_a_parameter_is_no_conflict() {
    assert!(Extension::new("ext").resources(resources![one, fixed]).build().is_ok());
}

#[test]
fn the_state_comes_before_the_resources() {
    let error = Extension::new("ext").resources(resources![fixed]).state(7).build().unwrap_err();
    assert!(error.to_string().contains("call `.state(…)` first"), "{error}");
}

#[test]
fn replicas_of_one_program_have_different_ids() {
    let build = || Extension::new("ext").build().unwrap();
    let (one, other) = (build(), build());
    assert_ne!(one.replica(), other.replica());
    assert!(one.replica().as_str().starts_with("ext-"));
}
