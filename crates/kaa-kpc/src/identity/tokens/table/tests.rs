use kaa_protocol::kp1::EndpointAwareness;

use super::*;

fn token(token: &str, endpoint: &str) -> StaticToken {
    StaticToken {
        token: token.to_owned(),
        endpoint: endpoint.to_owned(),
        application: "kettle".to_owned(),
        ..StaticToken::default()
    }
}

fn client(id: &str) -> Client {
    Client { id: Some(id.to_owned().into()), credential: None }
}

/// What a client gets for the topic of an application.
fn find(table: &Table, application: &str, topic: &str, client: &Client) -> Verdict {
    let path = RequestPath::from_topic(topic, |_| EndpointAwareness::Aware).unwrap();
    table.find(application, &path, path.endpoint.as_ref().unwrap(), client)
}

fn ep(id: &str) -> Verdict {
    Ok(Found { endpoint_id: id.parse().unwrap(), token_id: None })
}

#[test]
fn a_token_stands_for_its_endpoint() {
    let table = Table::new(vec![token("t1", "ep-1"), token("t2", "ep-2"), token("t3", "ep-2")]).unwrap();
    for (token, endpoint) in [("t1", "ep-1"), ("t2", "ep-2"), ("t3", "ep-2")] {
        let found = find(&table, "kettle", &format!("kp1/v1/dcx/{token}"), &Client::default());
        assert_eq!(found, ep(endpoint));
    }
}

#[test]
fn a_token_that_is_not_for_this_one_is_as_unknown_as_any_other() {
    let table = Table::new(vec![
        token("free", "ep-1"),
        StaticToken { app_version: Some("v1".to_owned()), ..token("versioned", "ep-2") },
        StaticToken { clients: Some(vec!["alice".to_owned(), "bob".to_owned()]), ..token("bound", "ep-3") },
    ])
    .unwrap();
    let nobody = Client::default();
    assert_eq!(find(&table, "kettle", "kp1/v1/dcx/versioned", &nobody), ep("ep-2"));
    assert_eq!(find(&table, "kettle", "kp1/v1/dcx/bound", &client("alice")), ep("ep-3"));
    assert_eq!(find(&table, "kettle", "kp1/v1/dcx/bound", &client("bob")), ep("ep-3"));
    for (application, topic, client) in [
        ("kettle", "kp1/v1/dcx/guess", &nobody),
        ("toaster", "kp1/v1/dcx/free", &nobody),
        ("kettle", "kp1/v2/dcx/versioned", &nobody),
        ("kettle", "kp1/v1/dcx/bound", &nobody),
        ("kettle", "kp1/v1/dcx/bound", &client("mallory")),
        ("kettle", "kp1/v1/dcx/FREE", &nobody),
    ] {
        assert_eq!(find(&table, application, topic, client), Err(Refusal::Unknown), "{topic}");
    }
}

#[test]
fn all_that_is_wrong_is_reported_together_and_no_token_is_told() {
    let error = Table::new(vec![
        token("secret-1", "ep-1"),
        token("secret-1", "ep-2"),
        token("secret.2", "ep-3"),
        token("", "ep-4"),
        token("secret-3", "ep/5"),
        StaticToken { application: String::new(), ..token("secret-4", "ep-6") },
        StaticToken { app_version: Some("v#".to_owned()), ..token("secret-5", "ep-7") },
        StaticToken { clients: Some(Vec::new()), ..token("secret-6", "ep-8") },
    ])
    .unwrap_err();
    let expected = [
        r#"token 2 (endpoint "ep-2") is the same token as one before it; a token stands for one endpoint"#,
        r#"token 3 (endpoint "ep-3") has no token of 1 to 128 bytes without"#,
        r#"token 4 (endpoint "ep-4") has no token of 1 to 128 bytes without"#,
        r#"token 5 (endpoint "ep/5"), endpoint: "ep/5" is not an endpoint ID"#,
        r#"token 6 (endpoint "ep-6") has no application; name the one that the endpoint belongs to"#,
        r##"token 7 (endpoint "ep-7"), app-version: "v#" is not an application version name"##,
        r#"token 8 (endpoint "ep-8") has no clients that may use it; name some"#,
    ];
    assert_eq!(error.problems().len(), expected.len(), "{error}");
    for (problem, expected) in error.problems().iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}");
    }
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn tokens_do_not_show_when_they_are_printed() {
    let options = token("secret", "ep-1");
    assert!(!format!("{options:?}").contains("secret"));
    let table = Table::new(vec![options]).unwrap();
    assert_eq!(format!("{table:?}"), "Table { tokens: 1, .. }");
}

#[test]
fn a_table_is_written_as_it_is_documented() {
    let json = r#"{"token": "t", "endpoint": "ep-1", "application": "kettle", "app-version": "v1", "clients": ["a"]}"#;
    let expected = StaticToken {
        app_version: Some("v1".to_owned()),
        clients: Some(vec!["a".to_owned()]),
        ..token("t", "ep-1")
    };
    assert_eq!(serde_json::from_str::<StaticToken>(json).unwrap(), expected);
    for json in [r#"{"token": "t", "endpoint": "ep-1"}"#, r#"{"token": "t", "application": "a"}"#] {
        assert!(serde_json::from_str::<StaticToken>(json).is_err(), "{json}");
    }
}
