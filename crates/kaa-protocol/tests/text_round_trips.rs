//! Subjects and paths: what is printed parses back, and no text makes a parser panic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use kaa_protocol::esp;
use kaa_protocol::kp1::{EndpointAwareness, Outcome, RequestId, RequestPath, ResourcePath, ResponseTopic};
use kaa_protocol::name::{
    AppVersion, ConfigName, CorrelationId, EndpointId, EndpointToken, ReplicaId, ServiceInstance, Token,
};
use kaa_protocol::subject::{
    EventKind, EventSubject, ReplyTo, Subject, SubjectFilter, Target, TargetedSubject,
};
use proptest::prelude::*;

fn token() -> impl Strategy<Value = Token> {
    "[!-)+\\-/0-=?-~]{1,24}".prop_map(|text| text.parse().unwrap())
}

fn instance() -> impl Strategy<Value = ServiceInstance> {
    "[!\"$-),\\-0-=?-~]{1,24}".prop_map(|text| text.parse().unwrap())
}

fn target() -> impl Strategy<Value = Target> {
    let replica = "[a-z0-9/+#-]{1,24}".prop_map(|text| text.parse().unwrap());
    prop_oneof![instance().prop_map(Target::Service), replica.prop_map(Target::Replica)]
}

/// A level with a number in it now and then: that is what request IDs are confused with.
fn resource_path() -> impl Strategy<Value = ResourcePath> {
    let level = prop_oneof!["[0-9]{1,11}", "[a-z._%?-]{0,8}", "[^/+#\\x00-\\x1f\\x7f]{0,8}"];
    proptest::collection::vec(level, 0..5)
        .prop_map(|levels| levels.iter().map(|level| format!("/{level}")).collect::<String>())
        .prop_map(|path| path.parse().unwrap())
}

prop_compose! {
    fn request()(
        app_version in "[^/+#\\x00-\\x1f\\x7f]{1,20}",
        extension in instance(),
        token in proptest::option::of("[^/+#.\\x00-\\x1f\\x7f]{1,20}"),
        resource_path in resource_path(),
        request_id in proptest::option::of(0..=RequestId::MAX.get()),
    ) -> RequestPath {
        RequestPath {
            app_version: app_version.parse().unwrap(),
            extension,
            endpoint: token.map(|token| token.parse().unwrap()),
            resource_path,
            request_id: request_id.map(|id| id.try_into().unwrap()),
        }
    }
}

fn awareness(request: &RequestPath) -> impl Fn(&ServiceInstance) -> EndpointAwareness + use<> {
    let aware = request.endpoint.is_some();
    move |_| if aware { EndpointAwareness::Aware } else { EndpointAwareness::Unaware }
}

/// Whether the topic of a request without an ID looks like one with.
fn looks_numbered(request: &RequestPath) -> bool {
    let last = request.resource_path.levels().last();
    request.request_id.is_none() && last.is_some_and(|last| last.parse::<RequestId>().is_ok())
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn targeted_subjects(target in target(), protocol in token(), message in token()) {
        let subject = TargetedSubject { target, protocol, message };
        prop_assert_eq!(subject.to_string().parse(), Ok(subject.clone()));
        prop_assert_eq!(Subject::from(&subject).as_str().parse(), Ok(Subject::from(&subject)));
        let filter = SubjectFilter::from(&subject);
        prop_assert!(filter.matches(&Subject::from(&subject)));
    }

    #[test]
    fn event_subjects(
        originator in instance(),
        (entity, group, event) in (token(), token(), token()),
        more in proptest::collection::vec(token(), 0..2),
    ) {
        let subject = EventSubject { originator, entity, group, event, more };
        prop_assert_eq!(subject.to_string().parse(), Ok(subject.clone()));
        let EventSubject { entity, group, event, more, .. } = subject.clone();
        let kind = EventKind { entity, group, event, is_detailed: !more.is_empty() };
        prop_assert!(kind.filter(None).matches(&Subject::from(&subject)));
    }

    #[test]
    fn request_topics(request in request()) {
        prop_assume!(!looks_numbered(&request));
        prop_assert_eq!(RequestPath::from_topic(&request.topic(), awareness(&request)), Ok(request));
    }

    #[test]
    fn url_paths(request in request()) {
        let request = RequestPath { request_id: None, ..request };
        let url = request.url_path();
        prop_assert!(url.is_ascii());
        prop_assert_eq!(RequestPath::from_url_path(&url, awareness(&request)), Ok(request));
    }

    #[test]
    fn response_topics(request in request(), failed in any::<bool>()) {
        prop_assume!(!looks_numbered(&request));
        let outcome = if failed { Outcome::Error } else { Outcome::Status };
        let awareness = awareness(&request);
        let response = ResponseTopic { request, outcome };
        prop_assert_eq!(ResponseTopic::parse(&response.to_string(), awareness), Ok(response));
    }

    #[test]
    fn what_parses_prints_what_parses(
        text in prop_oneof!["kp1(/[kp10-9a.é% ]{0,4}){2,6}", "/kp1(/([0-9a. ]|%[0-9a-fA-F]{2}){0,4}){2,6}"],
    ) {
        for awareness in [EndpointAwareness::Aware, EndpointAwareness::Unaware] {
            if let Ok(request) = RequestPath::from_topic(&text, |_| awareness) {
                prop_assert_eq!(RequestPath::from_topic(&request.topic(), |_| awareness), Ok(request));
            }
            if let Ok(request) = RequestPath::from_url_path(&text, |_| awareness) {
                prop_assert_eq!(RequestPath::from_url_path(&request.url_path(), |_| awareness), Ok(request));
            }
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(
        text in prop_oneof![
            any::<Vec<char>>().prop_map(String::from_iter),
            "(kp1|/kp1|kaa\\.v1|_INBOX|service|replica|events|[./%+#*>é\\x00 0-9]|status|error){0,16}",
        ],
    ) {
        let (aware, unaware) = (|_: &_| EndpointAwareness::Aware, |_: &_| EndpointAwareness::Unaware);
        let _ = RequestPath::from_topic(&text, aware).map_err(|error| error.to_string());
        let _ = RequestPath::from_topic(&text, unaware).map_err(|error| error.to_string());
        let _ = RequestPath::from_url_path(&text, aware).map_err(|error| error.to_string());
        let _ = ResponseTopic::parse(&text, unaware).map_err(|error| error.to_string());
        let _ = text.parse::<ResourcePath>().map_err(|error| error.to_string());
        let _ = text.parse::<RequestId>().map_err(|error| error.to_string());
        let _ = text.parse::<Token>().map_err(|error| error.to_string());
        let _ = text.parse::<ServiceInstance>().map_err(|error| error.to_string());
        let _ = text.parse::<ReplicaId>().map_err(|error| error.to_string());
        let _ = text.parse::<EndpointId>().map_err(|error| error.to_string());
        let _ = text.parse::<EndpointToken>().map_err(|error| error.to_string());
        let _ = text.parse::<AppVersion>().map_err(|error| error.to_string());
        let _ = text.parse::<ConfigName>().map_err(|error| error.to_string());
        let _ = text.parse::<CorrelationId>().map_err(|error| error.to_string());
        let _ = CorrelationId::received(&text).map(|id| id.to_string());
        let _ = text.parse::<TargetedSubject>().map_err(|error| error.to_string());
        let _ = text.parse::<EventSubject>().map_err(|error| error.to_string());
        let _ = text.parse::<SubjectFilter>().map_err(|error| error.to_string());
        let subject = text.parse::<Subject>();
        let reply_to = Bytes::from(text.into_bytes());
        if let Ok(reply_to) = ReplyTo::judge(&reply_to, &esp::PROTOCOL, &esp::EXTENSION_DATA) {
            prop_assert!(subject.is_ok());
            let answer = reply_to.into_subject();
            prop_assert!(answer.as_str().starts_with("_INBOX.") || answer.as_str().ends_with(".esp.ExtensionData"));
        }
    }
}
