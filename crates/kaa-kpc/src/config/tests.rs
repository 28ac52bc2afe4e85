use std::io::Write;
use std::time::Duration;

use kaa_protocol::dialect::Dialect;
use tempfile::NamedTempFile;

use super::*;
use crate::identity::clients::{AuthenticatorOptions, Certificates};
use crate::identity::tokens::TokensOptions;
use crate::kpc::Transport;
use crate::listen::Wanted;

/// The configuration of a file, an environment and flags.
fn load(yaml: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, String> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(yaml.as_bytes()).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let file = ["--config".to_owned(), file.path().display().to_string()];
    let flags = flags.iter().map(|(name, value)| format!("{name}={value}"));
    let layers = Config::layers(environment.collect(), file.into_iter().chain(flags));
    layers.and_then(|layers| layers.load()).map(|loaded| loaded.config).map_err(|error| error.to_string())
}

fn from_file(yaml: &str) -> Result<Config, String> {
    load(yaml, &[], &[])
}

fn listening(config: &Config) -> Vec<String> {
    let options = KpcOptions { listeners: config.listen.listeners(), ..KpcOptions::trustful([]) };
    let text = |listener: &crate::kpc::ListenerOptions| {
        format!("{} {}", listener.transport.name(listener.is_secure), listener.address)
    };
    options.listeners.iter().map(text).collect()
}

#[test]
fn without_anything_set_devices_of_this_machine_may_connect_but_speak_for_nobody() {
    let config = from_file("").unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(listening(&config), ["mqtt 127.0.0.1:1883", "http 127.0.0.1:8008"]);
    let error = config.options().unwrap_err().to_string();
    assert!(error.contains("`tokens` is not set") && error.contains("--trustful"), "{error}");
}

#[test]
fn the_example_of_the_book_is_a_configuration() {
    let page = include_str!("../../../../docs/communication-service.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let config = from_file(example).unwrap();
    let options = config.options().unwrap();
    assert_eq!(listening(&config), ["mqtts 0.0.0.0:8883", "https 0.0.0.0:8443"]);
    assert!(options.listeners.iter().all(|listener| listener.tls.is_some()));
    assert!(
        matches!(options.tokens, TokensOptions::Provider(provider) if provider.provider.as_str() == "ccm")
    );
    assert!(matches!(options.clients, AuthenticatorOptions::Ecap(provider) if provider.certificates));
    assert_eq!(options.applications.extensions["old"].dialect, Dialect::Ecs2Ext);
    assert!(!options.applications.extensions["tsx"].endpoint_aware);
}

#[test]
fn flags_hold_over_the_environment_and_that_over_the_file() {
    let yaml = "service: { instance: { name: file, replica-id: file }, graceful-shutdown: 5s }\n\
                nats: { urls: [ 'nats://file' ] }\nlisten: { mqtt: '127.0.0.1:1' }\n";
    let environment =
        [("SERVICE_INSTANCE_NAME", "env"), ("NATS_URLS", "nats://env"), ("LISTEN_MQTT", "127.0.0.1:2")];
    let flags = [("--nats", "nats://a,nats://b"), ("--mqtt", "127.0.0.1:3, [::1]:3"), ("--trustful", "true")];
    let config = load(yaml, &environment, &flags).unwrap();
    assert_eq!(config.service.instance.name.as_ref().unwrap().as_str(), "env");
    assert_eq!(config.service.instance.replica_id.as_ref().unwrap().as_str(), "file");
    assert_eq!(config.service.graceful_shutdown, Duration::from_secs(5));
    assert_eq!(config.nats.urls, ["nats://a", "nats://b"]);
    assert_eq!(listening(&config), ["mqtt 127.0.0.1:3", "mqtt [::1]:3"]);
    assert_eq!(config.options().unwrap().tokens, TokensOptions::Trustful);
}

#[test]
fn a_listener_may_have_one_address_several_or_none() {
    for (yaml, expected) in [
        ("mqtt: '127.0.0.1:1'", &["mqtt 127.0.0.1:1"][..]),
        ("mqtt: [ '127.0.0.1:1', '[::1]:2' ]", &["mqtt 127.0.0.1:1", "mqtt [::1]:2"]),
        ("mqtt: '127.0.0.1:1, 127.0.0.1:2'", &["mqtt 127.0.0.1:1", "mqtt 127.0.0.1:2"]),
        ("mqtt: off\n  ws: 127.0.0.1:3", &["ws 127.0.0.1:3"]),
        ("mqtt: off", &[]),
    ] {
        let config = from_file(&format!("listen:\n  {yaml}\n")).unwrap();
        assert_eq!(listening(&config), expected, "{yaml}");
    }
    for yaml in ["mqtt: localhost:1883", "mqtt: '1883'", "mqtt: on", "mqtt: [ '127.0.0.1' ]", "mqtt: ''"] {
        let error = from_file(&format!("listen:\n  {yaml}\n")).unwrap_err();
        assert!(error.contains("line 2"), "{yaml}: {error}");
    }
}

#[test]
fn an_unknown_entry_is_named_with_its_line_and_the_one_that_was_meant() {
    for (yaml, line, meant) in [
        ("listen:\n  mqt: '127.0.0.1:1'\n", 2, "`mqtt`"),
        ("limits:\n  packet: 1KiB\n  topics: 3\n", 3, "`topic`"),
        ("limits:\n  http:\n    idel: 3s\n", 3, "`idle`"),
        ("requests:\n  time-out: 3s\n", 2, "`timeout`"),
        ("extensions:\n  dcx:\n    endpoint_aware: false\n", 3, "`endpoint-aware`"),
        ("token: { mode: trustful }\n", 1, "`tokens`"),
    ] {
        let error = from_file(yaml).unwrap_err();
        assert!(error.contains(&format!("line {line}: ")) && error.contains(meant), "{yaml}: {error}");
    }
}

#[test]
fn a_mode_has_its_own_entries_and_no_others() {
    for yaml in [
        "tokens: { mode: trustful, provider: ccm }",
        "tokens: { mode: ecap }",
        "tokens: { provider: ccm }",
        "tokens: { mode: magic }",
        "clients: { mode: none, passwords: {} }",
        "clients: { mode: cap, provider: ccm }",
        "clients: { mode: static, certificates: [ { issuer: x } ] }",
    ] {
        let error = from_file(yaml).unwrap_err();
        assert!(error.contains("line 1"), "{yaml}: {error}");
    }
}

#[test]
fn clients_are_told_apart_as_the_file_says() {
    let options = |yaml: &str| from_file(yaml).unwrap().clients.options();
    let AuthenticatorOptions::Static(tables) = options("clients: { mode: static, passwords: { a: hash } }")
    else {
        panic!("other options")
    };
    assert_eq!((tables.passwords["a"].as_str(), tables.certificates), ("hash", Certificates::Ignored));
    let any = options("clients: { mode: static, any-certificate: true }");
    assert!(matches!(any, AuthenticatorOptions::Static(tables) if tables.certificates == Certificates::Any));
    let listed =
        "clients: { mode: static, certificates: [ { issuer: 'CN=ca', serial-number: '7', client: a } ] }";
    let AuthenticatorOptions::Static(tables) = options(listed) else { panic!("other options") };
    assert!(matches!(tables.certificates, Certificates::Listed(listed) if listed[0].client == "a"));
    let cap =
        options("clients: { mode: cap, tenant-id: t, provider: ccm, certificates: false, timeout: 2s }");
    let AuthenticatorOptions::Cap { tenant_id, provider } = cap else { panic!("other options") };
    assert_eq!(
        (&tenant_id[..], provider.certificates, provider.timeout),
        ("t", false, Duration::from_secs(2))
    );
}

#[test]
fn client_certificates_are_wanted_where_there_is_an_authority_for_them() {
    for (yaml, expected) in [
        ("", Wanted::No),
        ("client-ca-file: ca", Wanted::Optional),
        ("client-ca-file: ca, client-certificate: required", Wanted::Required),
        ("client-ca-file: ca, client-certificate: no", Wanted::No),
    ] {
        let yaml = format!(
            "listen: {{ mqtts: '127.0.0.1:1', tls: {{ certificate-file: c, key-file: k, {yaml} }} }}"
        );
        let listeners = from_file(&yaml).unwrap().listen.listeners();
        assert_eq!(listeners[0].transport, Transport::Mqtt);
        assert_eq!(listeners[0].tls.as_ref().unwrap().client_certificate, expected, "{yaml}");
    }
}

#[test]
fn every_limit_can_be_set_and_the_others_stay() {
    let yaml = "limits: { packet: 1KiB, login: 3s, messages-per-second: 7, connections: 9, http: { body: 2KiB } }\n\
                requests: { timeout: 4s, in-flight: 5, outbox-bytes: 6KiB }\n";
    let config = Config { tokens: Some(TokensConfig::Trustful {}), ..from_file(yaml).unwrap() };
    let KpcOptions { limits, relay, .. } = config.options().unwrap();
    assert_eq!((limits.packet.get(), limits.login), (1024, Duration::from_secs(3)));
    assert_eq!((limits.messages_per_second.get(), limits.connections, limits.http.body), (7, 9, 2048));
    assert_eq!(limits.topic, Limits::default().topic);
    assert_eq!(
        (relay.request_timeout, relay.in_flight, relay.outbox_bytes),
        (Duration::from_secs(4), 5, 6144)
    );
    assert_eq!(relay.pins, RelayOptions::default().pins);
    for wrong in ["packet: 0", "packet: 5GiB", "login: 3", "in-flight: 0", "in-flight: 65536", "burst: -1"] {
        let error = from_file(&format!("limits: {{ {wrong} }}\n")).unwrap_err();
        assert!(error.contains("line 1"), "{wrong}: {error}");
    }
}

#[test]
fn a_wrong_variable_or_flag_is_named_with_what_it_may_be() {
    for (name, value, expected) in [
        ("REQUEST_TIMEOUT", "soon", "a duration"),
        ("LISTEN_HTTPS", "everywhere", "addresses with ports"),
        ("LISTEN_INSECURE", "perhaps", "true or false"),
    ] {
        let error = load("", &[(name, value)], &[]).unwrap_err();
        assert!(error.contains(name) && error.contains(expected), "{error}");
    }
    let error = load("", &[], &[("--admin", "9464")]).unwrap_err();
    assert!(error.starts_with("flag --admin=\"9464\" is not valid"), "{error}");
}

#[test]
fn a_configuration_is_shown_without_hashes_and_tokens() {
    let yaml = "clients: { mode: static, passwords: { a: canary-1 } }\n\
                tokens: { mode: static, table: [ { token: canary-2, endpoint: e, application: x } ] }\n\
                nats: { token: canary-3 }\n";
    let config = from_file(yaml).unwrap();
    let shown = format!("{config:?} {:?}", config.options().unwrap());
    assert!(!shown.contains("canary"), "{shown}");
}
