//! What holds, and what `--print-config` says of it.

use crate::run::{Run, entry};

const FILE: &str = "# of the operator\n\
                    limits:\n  handler-timeout: 1s\n  grace: 1s\n  clock-skew: 1s\n\
                    nats: { urls: [ nats://file:4222 ] }\n\
                    extension:\n  receivers: [ epts ]\n  timeout: 1s\n";

#[test]
fn each_layer_holds_over_the_one_below() {
    let variables = [
        ("KAA_CONFIG", "dcx.yaml"),
        ("HANDLER_TIMEOUT", "2s"),
        ("LIMITS_GRACE", "2s"),
        ("DCX_TIMEOUT", "2s"),
    ];
    let flags = ["--limits.handler-timeout=3s", "--extension.receivers", "epts, rci"];
    let config = Run::of("dcx").file("dcx.yaml", FILE).variables(&variables).flags(&flags).config();
    for (key, value, origin) in [
        ("extension.max-samples", "10000", "default"),
        ("limits.clock-skew", "1s", "dcx.yaml:5"),
        ("nats.urls", "nats://file:4222", "dcx.yaml:6"),
        ("limits.grace", "2s", "LIMITS_GRACE"),
        ("extension.timeout", "2s", "DCX_TIMEOUT"),
        ("limits.handler-timeout", "3s", "--limits.handler-timeout"),
        ("extension.receivers", "epts, rci", "--extension.receivers"),
    ] {
        assert_eq!(entry(&config, key), (value.to_owned(), origin.to_owned()), "{key}");
    }
}

#[test]
fn the_flag_names_another_file_than_the_variable() {
    let other = "service: { instance: { name: other } }\n";
    let run = Run::of("dcx").file("dcx.yaml", FILE).file("other.yaml", other);
    let config = run.variables(&[("KAA_CONFIG", "dcx.yaml")]).flags(&["--config", "other.yaml"]).config();
    assert_eq!(entry(&config, "service.instance.name"), ("other".to_owned(), "other.yaml:1".to_owned()));
    assert_eq!(entry(&config, "extension.timeout").1, "default");
}

#[test]
fn another_mode_takes_the_entries_of_the_former_one_away() {
    let file = "tokens: { mode: ecap, provider: ccm, known: 7 }\n";
    let run = || Run::of("kaa-kpc").file("kpc.yaml", file).variables(&[("KAA_CONFIG", "kpc.yaml")]);
    let config = run().config();
    assert_eq!(entry(&config, "tokens.provider"), ("ccm".to_owned(), "kpc.yaml:1".to_owned()));
    let config = run().flags(&["--trustful"]).config();
    assert_eq!(entry(&config, "tokens.mode"), ("trustful".to_owned(), "--trustful".to_owned()));
    assert!(config.iter().all(|[key, ..]| key != "tokens.provider"));
}

#[test]
fn the_former_names_of_flags_and_variables_go_on() {
    let flags =
        ["--nats", "nats://a:1", "--name", "kpc-2", "--replica-id", "r-1", "--mqtt", "127.0.0.1:1, [::1]:2"];
    let run = Run::of("kaa-kpc").flags(&flags).flags(&["--admin", "off", "--trustful", "--insecure-listen"]);
    let config = run.variables(&[("REQUEST_TIMEOUT", "3s"), ("GRACEFUL_SHUTDOWN_PERIOD", "4s")]).config();
    for (key, value) in [
        ("nats.urls", "nats://a:1"),
        ("service.instance.name", "kpc-2"),
        ("service.instance.replica-id", "r-1"),
        ("service.graceful-shutdown", "4s"),
        ("listen.mqtt", "127.0.0.1:1, [::1]:2"),
        ("listen.http", "-"),
        ("listen.insecure", "true"),
        ("requests.timeout", "3s"),
        ("admin.listen", "off"),
    ] {
        assert_eq!(entry(&config, key).0, value, "{key}");
    }
}

#[test]
fn entries_with_names_of_ones_own_are_shown_and_can_be_set() {
    let file = "extensions:\n  dcx: {}\n  tsx: { endpoint-aware: false }\n";
    let run = Run::of("kaa-kpc").file("kpc.yaml", file).variables(&[("KAA_CONFIG", "kpc.yaml")]);
    let config = run.flags(&["--extensions.old.dialect", "ecs2ext"]).config();
    let shown = |key: &str| entry(&config, key);
    assert_eq!(shown("extensions.tsx.endpoint-aware"), ("false".to_owned(), "kpc.yaml:3".to_owned()));
    assert_eq!(shown("extensions.dcx.endpoint-aware"), ("true".to_owned(), "default".to_owned()));
    let old = ("ecs2ext".to_owned(), "--extensions.old.dialect".to_owned());
    assert_eq!(shown("extensions.old.dialect"), old);
}

/// Compares with what was printed before. `KAA_SNAPSHOTS=write` takes what is printed now: read every changed line.
fn as_before(name: &str, config: &[[String; 3]]) {
    let now: String = config.iter().map(|columns| columns.join("\t") + "\n").collect();
    let path = format!("{}/tests/configuration/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("KAA_SNAPSHOTS").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &now).unwrap();
    }
    assert_eq!(now, std::fs::read_to_string(&path).unwrap(), "{path}");
}

#[test]
fn what_dcx_prints_is_what_it_printed_before() {
    as_before("dcx", &Run::of("dcx").file("dcx.yaml", FILE).flags(&["--config=dcx.yaml"]).config());
}

#[test]
fn what_kpc_prints_is_what_it_printed_before() {
    as_before("kpc", &Run::of("kaa-kpc").flags(&["--trustful"]).config());
}
