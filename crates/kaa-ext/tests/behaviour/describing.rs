//! What an extension says of itself.

use kaa_ext::Dialect;
use kaa_ext::describe::{Description, Kind};
use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::protocol::dstp::DataSamplesEvent;
use serde::{Deserialize, Serialize};

/// A type that nobody can say more of than its name.
#[derive(Deserialize, Serialize)]
struct Plain {
    number: u8,
}

type Answer = Result<(SuccessStatus, Json<Plain>), Failure>;

/// Echoes.
///
/// Every time.
#[resource("/echo[/{times}]")]
async fn echo(times: Option<u8>, endpoint: EndpointId, body: Option<Json<Plain>>) -> Answer {
    let Json(body) = body.ok_or_else(|| Failure::bad_request(format!("{endpoint}, {times:?}")))?;
    Ok((SuccessStatus::CREATED, Json(body)))
}

#[resource("/numbers")]
async fn numbers(Json(numbers): Json<Vec<u8>>) -> String {
    format!("{numbers:?}")
}

#[listener(delivery = every_replica)]
async fn updated(Event(_): Event<ConfigUpdated>) {}

#[listener]
async fn samples(Event(_): Event<DataSamplesEvent>) {}

#[service]
async fn config(Targeted(request): Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
    Ok(request.response(Outcome::OK))
}

fn described() -> Description {
    let extension = Extension::new("ext").replica("ext-0").dialects([Dialect::Esp, Dialect::Ecs2Ext]);
    let extension = extension.resources(resources![echo, numbers]).listeners(listeners![samples]);
    extension.listeners_to("cdp", listeners![updated]).services(services![config]).describe().unwrap()
}

#[test]
fn functions_come_in_order_each_with_what_it_was_written_with() {
    let description = described();
    let functions: Vec<_> = description
        .functions
        .iter()
        .map(|function| (function.kind, function.name, function.handles()))
        .collect();
    let expected = [
        (Kind::Resource, "echo", "/echo[/{times}]"),
        (Kind::Resource, "numbers", "/numbers"),
        (Kind::Listener, "samples", "DataSamplesEvent"),
        (Kind::Listener, "updated", "ConfigUpdated"),
        (Kind::Service, "config", "ConfigRequest"),
    ];
    assert_eq!(functions, expected);
    let echo = &description.functions[0];
    assert_eq!((echo.doc, echo.patterns), ("Echoes.\n\nEvery time.", &["/echo", "/echo/{times}"] as &[_]));
    assert!(echo.location.file.ends_with("describing.rs"));
}

#[test]
fn subjects_and_queue_groups_are_those_that_are_served() {
    let description = described();
    let channels = |number: usize| {
        let channels = description.functions[number].channels.iter();
        channels.map(|channel| (&*channel.subject, channel.queue_group.is_some())).collect::<Vec<_>>()
    };
    let devices = [
        ("kaa.v1.service.ext.esp.ClientData", true),
        ("kaa.v1.service.ext", true),
        ("kaa.v1.replica.ext-0.esp.ClientData", false),
        ("kaa.v1.service.ext.ext-0", false),
    ];
    assert_eq!(channels(0), devices);
    let samples = "kaa.v1.events.*.endpoint.data-collection.data-samples-received";
    assert_eq!(channels(2), [(samples, true)]);
    assert_eq!(channels(3), [("kaa.v1.events.cdp.endpoint.config.updated", false)]);
    let shared = ("kaa.v1.service.ext.cdtp.request", true);
    assert_eq!(channels(4), [shared, ("kaa.v1.replica.ext-0.cdtp.request", false)]);
    let answer = description.functions[4].channels[0].answer.as_ref().unwrap();
    assert_eq!(
        (&*answer.subject, answer.envelope.name),
        ("kaa.v1.replica.*.cdtp.response", "ConfigResponse")
    );
    assert!(answer.envelope.schema().contains("\"ConfigResponse\""));
}

#[test]
fn payloads_are_told_with_their_schema_or_at_least_by_their_name() {
    let description = described();
    let (echo, numbers) = (&description.functions[0], &description.functions[1]);
    let (takes, answers) = (echo.takes.as_ref().unwrap(), echo.answers.as_ref().unwrap());
    assert!(takes.optional && !answers.optional);
    for content in [takes, answers] {
        assert_eq!((content.media_type, &content.schema), ("application/json", &None));
        assert!(content.type_name.unwrap().ends_with("::Plain"));
    }
    assert_eq!(numbers.takes.as_ref().unwrap().schema.as_ref().unwrap()["type"], "array");
    let text = numbers.answers.as_ref().unwrap();
    assert_eq!((text.media_type, text.type_name), ("text/plain", None));
}

#[test]
fn statuses_are_those_that_the_types_allow() {
    let description = described();
    let codes = |number: usize| {
        let statuses = description.functions[number].statuses.iter();
        statuses.map(|status| status.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(0), ["2XX", "400", "4XX", "500", "503", "504"]);
    assert_eq!(codes(1), ["200", "400", "500", "503", "504"]);
    assert_eq!((codes(2).len(), codes(3).len()), (3, 0), "only one of them is heard from");
}

#[test]
fn a_version_that_is_none_is_a_problem() {
    let error = Extension::new("ext").version("one").build().unwrap_err();
    assert!(error.to_string().contains("its version is \"one\""), "{error}");
}
