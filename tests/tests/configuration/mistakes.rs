//! What is said about a mistake: where it is, what was expected, what was probably meant.

use std::net::TcpListener;

use kaa_tests::nats_server::NatsServer;

use crate::run::Run;

fn with_file(content: &str) -> String {
    Run::of("dcx").file("dcx.yaml", content).flags(&["--config", "dcx.yaml"]).refused()
}

fn with_variable(name: &str, value: &str) -> String {
    Run::of("dcx").variables(&[(name, value)]).refused()
}

fn with_flags(flags: &[&str]) -> String {
    Run::of("dcx").flags(flags).refused()
}

#[test]
fn an_unknown_name_is_told_with_the_one_that_was_meant_in_every_layer() {
    assert_eq!(
        with_file("nats:\n  url: nats://a\n"),
        "configuration file \"dcx.yaml\", line 2: there is no entry `url` here; did you mean `urls`?"
    );
    assert_eq!(
        with_variable("NATS_URL", "nats://a"),
        "there is no environment variable NATS_URL; did you mean NATS_URLS? if it is for another program, set \
         NATS_URLS, too, or the entry nats.urls"
    );
    assert_eq!(
        with_flags(&["--nats.url=nats://a"]),
        "there is no flag --nats.url; did you mean --nats.urls?"
    );
    assert_eq!(
        with_flags(&["--print-confg"]),
        "there is no flag --print-confg; did you mean --print-config?"
    );
    assert_eq!(
        with_flags(&["permission"]),
        "a word on the command line is neither a flag, nor the value of one, nor a command; did you mean the command \
         `permissions`?"
    );
}

#[test]
fn the_variable_of_another_program_is_none_of_our_business() {
    let run =
        || Run::of("dcx").variables(&[("NATS_URL", "nats://other"), ("NATS_PORT", "tcp://10.0.0.1:4222")]);
    assert!(run().variables(&[("NATS_URLS", "nats://a")]).flags(&["--print-config"]).end().is_good);
    assert!(run().flags(&["--nats", "nats://a", "--print-config"]).end().is_good);
}

#[test]
fn a_value_that_cannot_be_is_told_by_its_place_and_what_was_expected_in_every_layer() {
    assert_eq!(
        with_file("limits:\n  handler-timeout: soon\n"),
        "configuration file \"dcx.yaml\", line 2: this cannot be used, expected a duration such as 250ms, 30s or 5m"
    );
    assert_eq!(
        with_variable("HANDLER_TIMEOUT", "soon"),
        "environment variable HANDLER_TIMEOUT=\"soon\" is not valid: expected a duration such as 250ms, 30s or 5m"
    );
    assert_eq!(
        with_flags(&["--limits.handler-timeout", "soon"]),
        "flag --limits.handler-timeout=\"soon\" is not valid: expected a duration such as 250ms, 30s or 5m"
    );
    assert_eq!(
        with_flags(&["--limits.requests", "-1"]),
        "flag --limits.requests=\"-1\" is not valid: expected a whole number, 0 or more"
    );
    assert_eq!(
        with_flags(&["--service.dialects=esp,kpsp"]),
        "flag --service.dialects=\"kpsp\" is not valid: expected one of `esp`, `ecs2ext`"
    );
    assert_eq!(
        with_flags(&["--admin.insecure-listen=perhaps"]),
        "flag --admin.insecure-listen=\"perhaps\" is not valid: expected true or false"
    );
    assert_eq!(
        with_flags(&["--limits.handler-timeout"]),
        "flag --limits.handler-timeout has no value; expected a duration such as 250ms, 30s or 5m"
    );
    assert_eq!(
        with_variable("SERVICE_INSTANCE_NAME", "a.b"),
        "environment variable SERVICE_INSTANCE_NAME=\"a.b\" is not valid: \"a.b\" is not a service instance name: '.' \
         at byte 1 is not allowed; expected 1 to 128 visible ASCII characters without '.', '*', '>', '/', '+' and '#'"
    );
}

#[test]
fn half_of_what_belongs_together_is_told() {
    let error = Run::of("kaa-kpc").flags(&["--trustful", "--listen.tls.key-file", "key.pem"]).refused();
    assert_eq!(
        error,
        "flag --listen.tls.key-file is not valid: the entry `certificate-file` beside it is missing"
    );
    let error = Run::of("kaa-kpc").flags(&["--tokens.mode", "ecap"]).refused();
    assert_eq!(error, "flag --tokens.mode is not valid: the entry `provider` beside it is missing");
    let error = Run::of("kaa-kpc").flags(&["--extensions.tsx.endpoint-awar=no"]).refused();
    assert_eq!(
        error,
        "flag --extensions.tsx.endpoint-awar is not valid: there is no entry `endpoint-awar` here; did you mean \
         `endpoint-aware`?"
    );
}

#[test]
fn a_file_that_is_not_there_is_named_with_what_named_it() {
    let error = with_variable("KAA_CONFIG", "/nowhere/kaa.yaml");
    assert!(
        error.starts_with("configuration file \"/nowhere/kaa.yaml\" (KAA_CONFIG) cannot be read\n  because "),
        "{error}"
    );
    let error = with_flags(&["--config", "/nowhere/kaa.yaml"]);
    assert!(
        error.starts_with("configuration file \"/nowhere/kaa.yaml\" (--config) cannot be read\n"),
        "{error}"
    );
}

#[test]
fn a_secret_that_cannot_be_read_is_named_with_its_entry() {
    let error = with_flags(&["--nats.token-file", "/nowhere/token"]);
    assert!(error.starts_with("nats.token-file: \"/nowhere/token\" cannot be read\n  because "), "{error}");
    let both = [("NATS_TOKEN", "a"), ("NATS_TOKEN_FILE", "b")];
    let error = Run::of("dcx").variables(&both).refused();
    assert_eq!(error, "nats.token and nats.token-file are both set; set one of them");
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_entry() {
    let server = NatsServer::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = Run::of("dcx").flags(&["--nats", &server.url(), "--admin", &address]).refused();
    assert!(error.contains("admin.listen") && error.contains(&address), "{error}");
}
