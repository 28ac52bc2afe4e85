//! Every test here runs its services under the permissions they print. These show that they are the least, and what
//! a service says when it lacks one.

use std::time::Duration;

use kaa_bus::{
    Bus, Connection, EventError, Messaging, PublishError, RequestError, ServiceInstance, Subject,
    SubjectFilter, SubscribeError,
};
use kaa_protocol::avro::Record;
use kaa_protocol::cdtp::ConfigRequest;
use kaa_protocol::dstp::DataSamplesEvent;
use kaa_protocol::esp::{ClientData, Revision};
use kaa_tests::device::post;
use kaa_tests::http::call;
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::program::program;
use kaa_tests::service::{Service, kaa};
use kaa_tests::users::{EVERYBODY, connect, permissions_of};
use kaa_tests::venue::{becomes, jetstream, until};
use tempfile::TempDir;
use tokio::process::Command;

use crate::configuration::set;
use kaa_tests::world::{TRUSTFUL, World, eventually};

/// All of them, with what makes them say and hear the most.
const SERVICES: [(&str, &[(&str, &str)]); 10] = [
    ("ccm", &[]),
    ("cdp", &[("CDP_PROTOCOL", "both"), ("CDP_STORE", "jetstream")]),
    ("cex", &[]),
    ("cmx", &[]),
    ("dcx", &[("DCX_RECEIVERS", "epts")]),
    ("epl", &[]),
    ("epmx", &[("EPMX_SOURCES", "epl")]),
    ("epts", &[]),
    ("rsx", &[]),
    ("tsx", &[]),
];

async fn server() -> NatsServer {
    NatsServer::with_users(|directory| jetstream(directory, "always")).await
}

/// A connection with the permissions that a service prints.
async fn connected_as(server: &NatsServer, name: &str, variables: &[(&str, &str)]) -> Bus {
    let mut command = Command::new(program(name));
    command.envs(variables.iter().copied());
    server.permit(name, &permissions_of(command).await).await;
    connect(server, name).await
}

fn filter(text: &str) -> SubjectFilter {
    text.parse().unwrap()
}

fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

#[tokio::test]
async fn no_service_may_hear_or_ask_or_announce_what_is_not_its_own_and_is_told_the_line() {
    let server = server().await;
    let foreign = "kaa.v1.service.other.cdtp.ConfigRequest";
    for (name, variables) in SERVICES {
        let bus = connected_as(&server, name, variables).await;
        bus.fence(PATIENCE).await.unwrap();
        for hidden in [foreign, "kaa.v1.service.other.esp.ClientData", "_INBOX.other.>", "kaa.v1.>", ">"] {
            let error = bus.subscribe(filter(hidden), None).await.unwrap_err();
            assert!(matches!(error, SubscribeError::Forbidden(_)), "{name}: {error:?}");
            let told = error.to_string();
            assert!(
                told.starts_with(&format!("user {name:?} of NATS may not subscribe to {hidden};")),
                "{told}"
            );
            assert!(told.ends_with(&format!("nats-server: \"{hidden}\"")), "{told}");
        }
        // Not even its own requests, other than in its queue group.
        let own = format!("kaa.v1.service.{name}.esp.ClientData");
        assert!(bus.subscribe(filter(&own), None).await.is_err(), "{name}");
        let group: ServiceInstance = name.parse().unwrap();
        bus.subscribe(filter(&own), Some(&group)).await.unwrap();

        let error = bus.request(subject(foreign), "".into(), PATIENCE).await.unwrap_err();
        assert!(matches!(error, RequestError::Publish(PublishError::Forbidden(_))), "{name}: {error:?}");
        assert!(
            error.to_string().contains(&format!(
                "permissions.publish.allow of that user in the configuration of nats-server: {foreign:?}"
            )),
            "{error}"
        );
        let before = bus.stats().forbidden;
        bus.publish(subject("kaa.v1.events.other.a.b.c"), None, "".into()).await.unwrap();
        bus.fence(PATIENCE).await.unwrap();
        until("the refusal to be counted", || bus.stats().forbidden == before + 1).await;
    }
}

#[tokio::test]
async fn who_waits_for_an_answer_hears_of_the_missing_line_and_not_of_the_deadline() {
    let server = server().await;
    let bus = connected_as(&server, "tsx", &[]).await;
    let (instance, replica) = (ServiceInstance::from_static("tsx"), "tsx-0".parse().unwrap());
    let messaging = Messaging::new(bus, instance, replica);
    let cdp = ServiceInstance::from_static("cdp");
    let (question, event, receivers) = (ConfigRequest::default(), DataSamplesEvent::default(), [cdp.clone()]);
    let asked = messaging.request(cdp.clone(), &question, Duration::MAX);
    let Err(RequestError::Subscribe(SubscribeError::Forbidden(missing))) = soon("an error", asked).await
    else {
        panic!()
    };
    assert_eq!(missing.missing_line(), "kaa.v1.replica.tsx-0.cdtp.response");
    let awaited = messaging.publish_awaited(&event, &receivers, Duration::MAX);
    let Err(EventError::Subscribe(SubscribeError::Forbidden(missing))) = soon("an error", awaited).await
    else {
        panic!()
    };
    assert_eq!(missing.missing_line(), "kaa.v1.replica.tsx-0.dstp.DataSamplesProcessed");

    // With the answers permitted, what is missing is the question.
    server
        .permit(
            "asker",
            "permissions { subscribe: { allow: [\">\"] }, publish: { allow: [\"_INBOX.asker.>\"] } }",
        )
        .await;
    let asker = ServiceInstance::from_static("asker");
    let messaging = Messaging::new(connect(&server, "asker").await, asker, "asker-0".parse().unwrap());
    let asked = messaging.request(cdp, &question, Duration::MAX);
    let error = soon("an error", asked).await.unwrap_err();
    assert!(matches!(error, RequestError::Publish(PublishError::Forbidden(_))), "{error:?}");
    assert!(error.to_string().contains("kaa.v1.service.cdp.cdtp.request"), "{error}");
    let awaited = messaging.publish_awaited(&event, &receivers, Duration::MAX);
    let error = soon("an error", awaited).await.unwrap_err();
    assert!(matches!(error, EventError::Publish(PublishError::Forbidden(_))), "{error:?}");
}

#[tokio::test]
async fn what_is_spoken_by_the_protocols_of_the_first_platform_is_permitted_as_well() {
    let extensions = "{ cmx: { dialect: ecs2ext } }";
    let config =
        format!("tokens: {{ mode: trustful }}\nrequests: {{ timeout: 4s }}\nextensions: {extensions}\n");
    let world = World::start_with(&config).await;
    let mut cdp = world.service("cdp", &[("CDP_PROTOCOL", "cmx2cdp")]).await;
    let _cmx = world.service("cmx", &[("CMX_PROTOCOL", "cmx2cdp"), ("DIALECTS", "ecs2ext")]).await;
    let mut device = world.device("device-1").await;
    let (topic, answer) = device.asks("cmx/device-1/config/json/1", r#"{"observe":true}"#).await;
    assert_eq!(topic, "cmx/device-1/config/json/1/status", "{answer}");
    let path = "/app-versions/av/endpoints/device-1/config";
    set(cdp.rest().await, path, &serde_json::json!({ "sampling": 60 })).await;
    let (topic, pushed) = device.hears().await;
    assert_eq!((&*topic, pushed.contains("60")), ("cmx/device-1/config/json/status", true), "{pushed}");
}

#[tokio::test]
async fn the_command_line_passes_on_what_a_program_says_of_itself() {
    let server = server().await;
    let tsx = program("tsx");
    let printed = kaa(&server, &["permissions", tsx.to_str().unwrap()]).await;
    let block = permissions_of(Command::new(&tsx)).await;
    assert_eq!((printed.status.code(), String::from_utf8(printed.stdout).unwrap()), (Some(0), block.clone()));

    let printed = kaa(&server, &["permissions", "--json", tsx.to_str().unwrap()]).await;
    let json: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    let lists = ["publish", "subscribe"].map(|list| json["permissions"][list]["allow"].as_array().unwrap());
    let lines = lists.into_iter().flatten().map(|line| line.as_str().unwrap().to_owned());
    let in_block = block.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next());
    assert_eq!(lines.collect::<Vec<_>>(), in_block.collect::<Vec<_>>());

    let missing = kaa(&server, &["permissions", "/no/such/program"]).await;
    let told = String::from_utf8(missing.stderr).unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(told.starts_with("kaa permissions: /no/such/program cannot be executed"), "{told}");
}

#[tokio::test]
async fn a_device_is_told_at_once_when_the_communication_service_may_not_ask() {
    let (server, files) = (server().await, tempfile::tempdir().unwrap());
    let file = files.path().join("kpc.yaml");
    std::fs::write(&file, TRUSTFUL).unwrap();
    let kpc = Kpc::configured(&server, &file).await;
    let mut command = Command::new(program("kaa-kpc"));
    command.arg("--config").arg(&file);
    let block = permissions_of(command).await;
    let without = block.replace("\"kaa.v1.service.dcx.esp.ClientData\"", "");
    assert_ne!(block, without);
    server.permit("kpc", &without).await;
    // It may have to connect again first.
    let told = async || {
        let (code, told) = post(&kpc, "dcx/device-1/json", "[1]").await;
        assert_eq!(code, 503, "and not the 504 of a deadline: {told}");
        told.contains("may not ask dcx").then_some(())
    };
    eventually("the reason", told).await;
}

#[tokio::test]
async fn a_service_that_becomes_deaf_says_so_until_a_connection_on_which_it_may_hear() {
    let mut server = server().await;
    let block = |heard: &str| {
        format!(
            "permissions {{ publish: {{ allow: [\"_INBOX.tsx.>\"] }}, subscribe: {{ allow: [\"_INBOX.tsx.>\", {heard}] }} }}\n"
        )
    };
    server.permit("tsx", &block("\"a.b\"")).await;
    let bus = connect(&server, "tsx").await;
    let mut subscription = bus.subscribe(filter("a.b"), None).await.unwrap();
    assert_eq!(bus.is_permitted(), Ok(()));
    server.permit("tsx", &block("\"a.c\"")).await;
    until("it to be deaf", || bus.is_permitted().is_err_and(|missing| missing.missing_line() == "a.b")).await;
    server.permit("tsx", &block("\"a.b\"")).await;
    assert!(bus.is_permitted().is_err(), "the server does not take back what it has done to a connection");
    server.kill();
    becomes(&bus, Connection::Disconnected).await;
    server.restart().await;
    becomes(&bus, Connection::Connected).await;
    bus.fence(PATIENCE).await.unwrap();
    assert_eq!(bus.is_permitted(), Ok(()));
    let other = connect(&server, EVERYBODY).await;
    other.publish(subject("a.b"), None, "x".into()).await.unwrap();
    assert_eq!(soon("a message", subscription.next()).await.unwrap().payload, "x");
}

/// What an error about a missing line says.
const MISSING: &str = "add this line";

/// The first of them, if there was one.
fn missing(service: &Service) -> Option<&str> {
    service.log().iter().map(String::as_str).find(|line| line.contains(MISSING))
}

/// A service under permissions that lack something, or nothing.
struct Rehearsal {
    server: NatsServer,
    files: TempDir,
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    /// What it is asked, and where the answer goes.
    requests: &'static [(&'static str, &'static str, Option<&'static str>)],
    /// What is put to its REST port after that.
    puts: &'static [(&'static str, &'static str)],
    /// Which lines are looked at: those with this text.
    about: &'static str,
    /// How many there are.
    lines: usize,
    /// The reasons of lines that nothing of this makes use of.
    idle: &'static [&'static str],
}

/// Where nobody is.
const GONE: Option<&str> = Some("kaa.v1.replica.kpc-gone.esp.ExtensionData");
/// Where the test is, as a replica of the communication service and as all of it.
const HERE: Option<&str> = Some("kaa.v1.replica.kpc-here.esp.ExtensionData");
const ALL: &str = "kaa.v1.service.kpc.esp.ExtensionData";

impl Rehearsal {
    /// The lines of its block: the list they are in, and what they allow. Without the one that lets it answer whoever
    /// has just asked: it stands in for a missing line as long as that is about an answer, and for a push it does not.
    async fn lines(&self) -> Vec<String> {
        let command = Service::command(self.name, &self.server, self.files.path(), self.variables);
        let block = permissions_of(command).await;
        block.lines().filter(|line| !line.contains("allow_responses")).map(str::to_owned).collect()
    }

    /// Starts it and asks all requests, as soon as it serves.
    async fn play(&self, block: &[String]) -> Service {
        self.server.permit(self.name, &(block.join("\n") + "\n")).await;
        let bus = connect(&self.server, EVERYBODY).await;
        let mut answers = bus.subscribe(filter(ALL), None).await.unwrap();
        let mut own_answers = bus.subscribe(filter(HERE.unwrap()), None).await.unwrap();
        // The bucket is made anew.
        let _ = bus.request(subject("$JS.API.STREAM.DELETE.KV_cdp"), "".into(), PATIENCE).await.unwrap();
        let command = Service::command(self.name, &self.server, self.files.path(), self.variables);
        let mut service = Service::start(command);
        // It says that it serves, or why not.
        while !service.logged("").await.contains("serving") {
            if missing(&service).is_some() {
                return service;
            }
        }
        for (path, payload, reply_to) in self.requests {
            let data = ClientData {
                correlation_id: path,
                app_version_name: "av",
                endpoint_id: Some("ep-1"),
                resource_path: path,
                request_id: Some(1),
                payload: payload.as_bytes(),
                ..ClientData::default()
            };
            let to = subject(&format!("kaa.v1.service.{}.esp.ClientData", self.name));
            let datum = data.encode(Revision::Seed).unwrap();
            bus.publish(to, reply_to.map(subject), datum).await.unwrap();
            tokio::select! {
                _ = answers.next() => {}
                _ = own_answers.next() => {}
                _ = service.logged(MISSING) => return service,
            }
        }
        if self.puts.is_empty() {
            return service;
        }
        let rest = service.rest().await;
        for (path, content) in self.puts {
            tokio::select! {
                answer = call(rest, "PUT", path, content) => assert!(matches!(answer.status, 200 | 201), "{answer:?}"),
                _ = service.logged(MISSING) => return service,
            }
        }
        service
    }

    async fn shows_that_every_line_is_needed(self) {
        let whole = self.lines().await;
        let mut service = self.play(&whole).await;
        service.terminate();
        service.logged("stopped").await;
        assert_eq!(missing(&service), None);

        let is_tried =
            |line: &str| line.contains(self.about) && !self.idle.iter().any(|reason| line.contains(reason));
        let mut tried = 0;
        for (number, line) in whole.iter().enumerate().filter(|(_, line)| is_tried(line)) {
            let Some(allowed) = line.trim().strip_prefix('"').and_then(|line| line.split('"').next()) else {
                continue;
            };
            let mut block = whole.clone();
            block.remove(number);
            let mut service = self.play(&block).await;
            let told = match missing(&service) {
                Some(line) => line.to_owned(),
                None => service.logged(MISSING).await,
            };
            let named = told.rsplit(": \"").next().unwrap().trim_end_matches('"');
            let is_it = match allowed.split_once(' ') {
                Some(_) => named == allowed,
                None => filter(allowed).matches(&subject(&named.replace('*', "any"))),
            };
            assert!(is_it, "without {allowed:?} it says {told}");
            tried += 1;
        }
        assert_eq!(tried, self.lines);
    }
}

#[tokio::test]
async fn every_line_of_a_collector_is_needed_and_it_names_the_one_that_is_missing() {
    let rehearsal = Rehearsal {
        server: server().await,
        files: tempfile::tempdir().unwrap(),
        name: "dcx",
        variables: &[("DCX_RECEIVERS", "epts")],
        requests: &[("/json", "[1]", None), ("/json", "[2]", HERE)],
        // It pins no session, which nobody can tell from the outside.
        puts: &[],
        about: "\"",
        lines: 11,
        idle: &["a note to itself"],
    };
    rehearsal.shows_that_every_line_is_needed().await;
}

#[tokio::test]
async fn every_line_of_a_manager_of_configurations_is_needed_and_it_names_the_one_that_is_missing() {
    let (server, files) = (server().await, tempfile::tempdir().unwrap());
    let _cdp = Service::configured("cdp", &server, files.path(), &[]).await;
    let rehearsal = Rehearsal {
        server,
        files,
        name: "cmx",
        variables: &[],
        requests: &[
            ("/config/json", r#"{"observe":true}"#, GONE),
            ("/applied/json", r#"{"configId":"7","statusCode":200}"#, HERE),
        ],
        puts: &[],
        about: "\"",
        lines: 18,
        idle: &[],
    };
    rehearsal.shows_that_every_line_is_needed().await;
}

#[tokio::test]
async fn every_line_of_a_bucket_is_needed_and_a_service_names_the_one_that_is_missing() {
    let rehearsal = Rehearsal {
        server: server().await,
        files: tempfile::tempdir().unwrap(),
        name: "cdp",
        variables: &[("CDP_STORE", "jetstream")],
        requests: &[],
        puts: &[
            ("/app-versions/av/endpoints/ep-1/config", r#"{"number":1}"#),
            ("/app-versions/av/config", r#"{"number":2}"#),
        ],
        about: "\"$",
        lines: 9,
        // Nothing here takes long, and nothing is missed.
        idle: &["long lists", "after something was missed"],
    };
    rehearsal.shows_that_every_line_is_needed().await;
}
