use allocation_counter::measure;

use super::*;

const OPTIONS: &str = r#"{
    "applications": {
        "kettle": {"versions": {"kettle-v1": {"extensions": ["dcx", "clock"]}, "kettle-v2": {}}},
        "toaster": {"versions": {"toaster-v1": {"extensions": []}}}
    },
    "extensions": {"dcx": {}, "cmx": {"endpoint-aware": true}, "clock": {"endpoint-aware": false}}
}"#;

fn applications(options: &str) -> Result<Applications, OptionsError> {
    Applications::new(serde_json::from_str(options).unwrap())
}

/// The application, or the refusal.
fn allow(applications: &Applications, topic: &str) -> Result<String, String> {
    let path = RequestPath::from_topic(topic, |extension| applications.awareness(extension)).unwrap();
    let allowed = applications.allow(&path).map(str::to_owned);
    allowed.map_err(|Answer { status_code, reason_phrase, .. }| format!("{status_code} {reason_phrase}"))
}

fn problems(options: &str) -> Vec<String> {
    applications(options).unwrap_err().problems().to_vec()
}

#[test]
fn a_version_may_use_what_it_allows() {
    let applications = applications(OPTIONS).unwrap();
    for (topic, application) in [
        ("kp1/kettle-v1/dcx/t/json", "kettle"),
        ("kp1/kettle-v1/clock/time", "kettle"),
        ("kp1/kettle-v2/cmx/t/config/json", "kettle"),
    ] {
        assert_eq!(allow(&applications, topic).as_deref(), Ok(application), "{topic}");
    }
    for (topic, refusal) in [
        ("kp1/kettle-v3/dcx/t/json", r#"404 there is no application version "kettle-v3" here"#),
        ("kp1/kettle/dcx/t/json", r#"404 there is no application version "kettle" here"#),
        ("kp1/kettle-v2/dcy/t/json", r#"404 there is no extension "dcy" here"#),
        ("kp1/kettle-v1/dcy/t/json", r#"404 there is no extension "dcy" here"#),
        ("kp1/kettle-v1/cmx/t", r#"403 application version "kettle-v1" may not use extension "cmx""#),
        ("kp1/toaster-v1/dcx/t", r#"403 application version "toaster-v1" may not use extension "dcx""#),
    ] {
        assert_eq!(allow(&applications, topic), Err(refusal.to_owned()), "{topic}");
    }
}

#[test]
fn the_paths_of_an_extension_that_knows_no_endpoints_have_no_token() {
    let applications = applications(OPTIONS).unwrap();
    let awareness = |name: &str| applications.awareness(&name.parse().unwrap());
    assert_eq!(awareness("clock"), EndpointAwareness::Unaware);
    assert_eq!([awareness("dcx"), awareness("cmx"), awareness("unheard-of")], [EndpointAwareness::Aware; 3]);
}

#[test]
fn without_applications_every_version_is_one() {
    let applications = Applications::default();
    assert_eq!(allow(&applications, "kp1/any-v7/whatever/t/json").as_deref(), Ok("any-v7"));
}

#[test]
fn either_list_may_be_left_out() {
    let only_extensions = applications(r#"{"extensions": {"dcx": {}}}"#).unwrap();
    assert_eq!(allow(&only_extensions, "kp1/any-v7/dcx/t").as_deref(), Ok("any-v7"));
    assert!(allow(&only_extensions, "kp1/any-v7/cmx/t").unwrap_err().starts_with("404"));

    let only_versions =
        applications(r#"{"applications": {"a": {"versions": {"a-v1": {"extensions": ["dcx"]}}}}}"#).unwrap();
    assert_eq!(allow(&only_versions, "kp1/a-v1/dcx/t").as_deref(), Ok("a"));
    assert!(allow(&only_versions, "kp1/a-v1/cmx/t").unwrap_err().starts_with("403"));
    assert!(allow(&only_versions, "kp1/a-v2/dcx/t").unwrap_err().starts_with("404"));
}

#[test]
fn all_that_is_wrong_is_reported_together_each_with_its_entry() {
    let problems = problems(
        r#"{
            "applications": {
                "a": {"versions": {"v1": {"extensions": ["dcx", "cmx", "d.x"]}, "v#": {}}},
                "b": {"versions": {"v1": {}}},
                "c/d": {"versions": {"v2": {}}},
                "e": {}
            },
            "extensions": {"dcx": {}, "a*": {}}
        }"#,
    );
    let expected = [
        r#"extensions: "a*" is not a service instance name: '*' at byte 1"#,
        r#"applications.a.versions: "v#" is not an application version name: '#' at byte 1"#,
        r#"applications.a.versions.v1.extensions has "cmx", which is not listed in extensions; add it there"#,
        r#"applications.a.versions.v1.extensions: "d.x" is not a service instance name"#,
        r#"applications.b.versions.v1 is a version of the application "a", too; remove it from one of them"#,
        r#"applications."c/d" is not the name of an application; expected 1 to 128 bytes"#,
        "applications.e.versions is missing; name the versions, or leave the application out",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for expected in expected {
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected}: {problems:#?}");
    }
}

#[test]
fn the_error_is_a_list_to_work_through() {
    let error = applications(r#"{"extensions": {"": {}, "a b": {}}}"#).unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 3, "{error}");
    assert_eq!(lines[0], "the applications and extensions cannot be used:");
    assert!(lines[2].starts_with(r#"  - extensions: "a b" is not a service instance name: ' ' at byte 1"#));
}

#[test]
fn an_entry_that_nobody_reads_is_an_error() {
    for options in [
        r#"{"extension": {}}"#,
        r#"{"extensions": {"dcx": {"endpoint_aware": false}}}"#,
        r#"{"applications": {"a": {"version": {}}}}"#,
    ] {
        assert!(serde_json::from_str::<ApplicationsOptions>(options).is_err(), "{options}");
    }
}

#[test]
fn names_that_nobody_knows_leave_nothing_behind() {
    for applications in [Applications::default(), applications(OPTIONS).unwrap()] {
        let kept = measure(|| {
            for number in 0..10_000 {
                let topic = format!("kp1/kettle-v2/unknown-{number}/t/json");
                let _ = allow(&applications, &topic);
            }
        });
        assert_eq!(kept.bytes_current, 0);
    }
}
