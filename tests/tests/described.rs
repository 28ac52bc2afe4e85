//! What extensions say of themselves, in the eyes of tools that other people wrote.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::Stdio;

use kaa_tests::clients::Looker;
use kaa_tests::http::call;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::program::program;
use kaa_tests::service::{Service, kaa};
use serde_json::{Value, json};
use tokio::process::Command;

/// What a program prints as its document.
async fn document(name: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(program(name));
    command.arg("asyncapi").envs(variables.iter().copied()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the parser of AsyncAPI makes of a document.
async fn parsed(document: &str) -> Value {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(document.as_bytes()).unwrap();
    file.rewind().unwrap();
    Looker::Asyncapi.look(Stdio::from(file), &[]).await
}

fn operation<'a>(parsed: &'a Value, id: &str) -> &'a Value {
    let mut operations = parsed["operations"].as_array().unwrap().iter();
    operations.find(|operation| operation["id"] == id).unwrap_or_else(|| panic!("{id} in {parsed:#}"))
}

#[tokio::test]
async fn the_parser_of_asyncapi_reads_the_documents_and_objects_to_nothing() {
    for (name, variables) in [
        ("quickstart", &[("DIALECTS", "esp,ecs2ext")] as &[_]),
        ("quickstart", &[("SERVICE_INSTANCE_REPLICA_ID", "q-0")]),
        ("dcx", &[("DCX_RECEIVERS", "epts")]),
        ("cmx", &[("CMX_PROTOCOL", "cmx2cdp")]),
    ] {
        let parsed = parsed(&document(name, variables).await).await;
        assert_eq!(parsed["objections"], json!([]), "{name}");
        assert!(!parsed["operations"].as_array().unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_document_says_what_comes_in_what_goes_back_and_what_the_payload_is() {
    let document = document("quickstart", &[("NATS_URLS", "nats://a:1,tls://b:2")]).await;
    let servers = &serde_json::from_str::<Value>(&document).unwrap()["servers"];
    assert_eq!((&servers["nats-0"]["host"], &servers["nats-1"]["host"]), (&json!("a:1"), &json!("b:2")));

    let parsed = parsed(&document).await;
    let config = operation(&parsed, "resource-config");
    assert_eq!(config["address"], "kaa.v1.service.quickstart.esp.ClientData");
    assert_eq!(config["messages"], json!(["ClientData"]));
    assert_eq!(config["answers"], json!(["ExtensionData"]));
    let fields = config["fields"].as_array().unwrap();
    assert!(fields.contains(&json!("correlationId")), "the Avro schema was understood: {fields:?}");
    let payload = &config["payload"];
    assert_eq!((&payload["mediaType"], &payload["optional"]), (&json!("application/json"), &json!(true)));
    // References were followed: it is the schema itself.
    assert_eq!(payload["schema"]["properties"]["observe"]["type"], json!(["boolean", "null"]));
    let own = operation(&parsed, "resource-config-of-this-replica");
    assert_eq!(own["address"], "kaa.v1.replica.{replica}.esp.ClientData");

    let cmx = parsed_of("cmx").await;
    let updated = operation(&cmx, "listener-updated");
    assert_eq!(updated["address"], "kaa.v1.events.cdp.endpoint.config.updated");
    assert_eq!((&updated["messages"], &updated["answers"]), (&json!(["ConfigUpdated"]), &json!([])));
}

#[tokio::test]
async fn every_json_that_a_service_takes_or_answers_has_a_schema() {
    for (name, payloads) in
        [("ccm", 0), ("cex", 3), ("cmx", 3), ("dcx", 1), ("epmx", 6), ("rsx", 1), ("tsx", 1)]
    {
        let document: Value = serde_json::from_str(&document(name, &[]).await).unwrap();
        let messages = document["components"]["messages"].as_object().unwrap();
        let shared = messages.iter().filter(|(message, _)| !message.contains("-of-this-replica"));
        let json: Vec<_> = shared
            .filter(|(_, message)| message["x-payload"]["mediaType"] == "application/json")
            .inspect(|(name, message)| assert!(message["x-payload"]["schema"].is_object(), "{name}"))
            .collect();
        assert_eq!(json.len(), payloads, "{name}: {json:#?}");
    }
}

async fn parsed_of(name: &str) -> Value {
    parsed(&document(name, &[]).await).await
}

#[tokio::test]
async fn the_port_for_operators_shows_the_same() {
    let server = NatsServer::start().await;
    let mut service = Service::with_admin(&server, "quickstart-0").await;
    let admin = service.admin().await;
    let get = async |path: &str| call(admin, "GET", path, "").await;

    let document = get("/asyncapi.json").await;
    assert_eq!(parsed(&document.body).await["objections"], json!([]));
    assert_eq!(document.json()["servers"]["nats-0"]["host"], server.url().replace("nats://", ""));

    let routes = get("/routes").await.json();
    assert_eq!(routes["replica"], "quickstart-0");
    let functions = routes["functions"].as_array().unwrap();
    let paths: Vec<_> = functions.iter().map(|function| function["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/json", "/echo", "/greet/{name}", "/count", "/config/json[/{config_name}]"]);
    assert_eq!(functions[2]["doc"], "Greets whoever the path names.");

    let page = get("/asyncapi").await;
    assert!(page.field("content-type").starts_with("text/html"));
    assert!(page.body.contains("<code>/greet/{name}</code>"), "{}", page.body);
    let index = get("/").await.body;
    assert!(["/routes ", "/asyncapi.json ", "/asyncapi "].iter().all(|path| index.contains(path)), "{index}");
}

/// Looks for services with the client of NATS for JavaScript, until it finds any.
async fn looked(server: &NatsServer, name: &str, login: &[&str]) -> Value {
    let url = server.url();
    let arguments = [&["--url", &url, "--name", name, "--replicas", "1"], login].concat();
    Looker::Discovery.look(Stdio::null(), &arguments).await
}

#[tokio::test]
async fn a_client_of_nats_finds_a_service_with_its_functions_and_what_they_were_asked_for() {
    let server = NatsServer::start().await;
    let _service = Service::quickstart(&server, "quickstart-0").await;
    for (path, times) in [("/greet/Ada", 2), ("/config/json/no.such", 1)] {
        for _ in 0..times {
            kaa(&server, &["call", "quickstart", path, "--endpoint", "e1"]).await;
        }
    }
    let found = looked(&server, "quickstart", &[]).await;
    let ping = json!({
        "type": "io.nats.micro.v1.ping_response",
        "name": "quickstart", "id": "quickstart-0", "version": "0.1.0", "metadata": {},
    });
    for who in ["everybody", "ping", "one"] {
        assert_eq!(found[who], json!([ping]), "{who}");
    }
    let endpoints = found["info"][0]["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), 5);
    assert_eq!(endpoints[2]["name"], "greet");
    assert_eq!(endpoints[2]["subject"], "kaa.v1.service.quickstart.esp.ClientData");
    assert_eq!(endpoints[2]["queue_group"], "quickstart");
    assert_eq!(endpoints[2]["metadata"]["path"], "/greet/{name}");

    let stats = found["stats"][0]["endpoints"].as_array().unwrap();
    let of = |number: usize| {
        (&stats[number]["name"], &stats[number]["num_requests"], &stats[number]["num_errors"])
    };
    assert_eq!(of(2), (&json!("greet"), &json!(2), &json!(0)));
    assert_eq!(of(4), (&json!("config"), &json!(1), &json!(1)));
    assert_eq!(stats[4]["last_error"], "400:Bad Request");
    assert!(stats[2]["processing_time"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_service_is_found_with_the_permissions_that_it_prints_and_speaks_to_no_other_inbox() {
    let server = NatsServer::with_users(|_| String::new()).await;
    let directory = tempfile::tempdir().unwrap();
    let _service = Service::configured("tsx", &server, directory.path(), &[]).await;
    let login = ["--user", "everybody", "--pass", "everybody"];
    let found = looked(&server, "tsx", &login).await;
    assert_eq!(found["info"][0]["name"], "tsx");

    let bus = kaa_tests::users::connect(&server, "tsx").await;
    let before = bus.stats().forbidden;
    bus.publish("_INBOX.somebody.1".parse().unwrap(), None, "".into()).await.unwrap();
    kaa_tests::venue::until("the refusal to be counted", || bus.stats().forbidden == before + 1).await;
}

/// The names of metrics in a query, which is what stands before a brace or a bracket.
fn names(query: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    query.split(|c| !is_part(c)).filter(|word| word.starts_with("kaa_")).collect()
}

/// The labels that a query names.
fn labels(query: &str) -> BTreeSet<String> {
    let by = query.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    let braces = query.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let words = by.chain(braces).flat_map(|list| list.split(','));
    words.filter_map(|word| word.split(['=', '!', '~']).next()).map(|word| word.trim().to_owned()).collect()
}

/// Every query of a dashboard, of its panels and its variables.
fn queries(dashboard: &Value) -> Vec<String> {
    let texts = match dashboard {
        Value::Object(object) if object.get("type") == Some(&json!("datasource")) => return Vec::new(),
        Value::Object(object) => object.iter().flat_map(|(key, value)| match value {
            Value::String(text) if key == "expr" || key == "query" => vec![text.clone()],
            value => queries(value),
        }),
        Value::Array(array) => return array.iter().flat_map(queries).collect(),
        _ => return Vec::new(),
    };
    texts.collect()
}

#[tokio::test]
async fn every_query_of_the_dashboard_is_about_figures_that_there_are() {
    let server = NatsServer::start().await;
    let mut service = Service::with_admin(&server, "quickstart-0").await;
    let admin = service.admin().await;
    kaa(&server, &["call", "quickstart", "/greet/Ada", "--endpoint", "e1"]).await;
    let metrics = call(admin, "GET", "/metrics", "").await.body;
    assert!(
        metrics.contains(
            "kaa_ext_handled_total{kind=\"resource\",function=\"greet\",handles=\"/greet/{name}\",status=\"200\"} 1\n"
        ),
        "{metrics}"
    );
    let described: BTreeSet<_> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .flat_map(|(name, kind)| match kind {
            "counter" => vec![format!("{name}_total")],
            "histogram" => ["bucket", "count", "sum"].map(|part| format!("{name}_{part}")).into(),
            _ => vec![name.to_owned()],
        })
        .collect();

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/grafana/extension.json");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let queries = queries(&dashboard);
    assert!(queries.len() > 10, "{queries:?}");
    let known_labels = ["kind", "function", "handles", "status", "waited", "le", "instance", "job"];
    for query in &queries {
        let names = names(query);
        assert!(!names.is_empty(), "{query} is about nothing");
        for name in names {
            assert!(described.contains(name), "{query}: there is no {name} in {described:?}");
        }
        for label in labels(query) {
            assert!(known_labels.contains(&&*label), "{query}: no figure has the label {label:?}");
        }
    }
}

#[test]
fn the_names_and_labels_of_a_query_are_found() {
    let query = r#"sum by (function, le) (rate(kaa_a_bucket{job="$job",status=~"5.."}[1m])) / kaa_b"#;
    assert_eq!(names(query), ["kaa_a_bucket", "kaa_b"].into());
    assert_eq!(labels(query), ["function", "job", "le", "status"].map(str::to_owned).into());
}
