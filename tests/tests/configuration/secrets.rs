//! What is never said.

use crate::run::{Run, entry};

/// What must not be printed.
const SECRET: &str = "hunter2";

/// Whether nothing of what a program says, in full and in an error, tells the secret.
fn is_kept(run: impl Fn() -> Run) {
    for more in
        [&["--print-config"][..], &["--help"], &["permissions"], &["--limits.requests=many"], &["--nowhere"]]
    {
        let ended = run().flags(more).end();
        assert!(!format!("{ended:?}").contains(SECRET), "{more:?}: {ended:?}");
    }
}

#[test]
fn a_secret_is_printed_from_no_layer() {
    let file = format!("nats:\n  username: me\n  password: {SECRET}\n");
    is_kept(|| Run::of("dcx").file("dcx.yaml", &file).flags(&["--config", "dcx.yaml"]));
    is_kept(|| Run::of("dcx").variables(&[("NATS_TOKEN", SECRET)]));
    is_kept(|| Run::of("dcx").flags(&["--nats.token", SECRET]));
    is_kept(|| Run::of("cdp").variables(&[("REST_TOKEN", SECRET)]));
    is_kept(|| Run::of("epts").variables(&[("DATABASE", "postgres://me:hunter2@db/kaa")]));
}

#[test]
fn hashes_and_tokens_of_tables_are_secrets() {
    let file = format!(
        "clients: {{ mode: static, passwords: {{ me: {SECRET} }} }}\n\
         tokens: {{ mode: static, table: [ {{ token: {SECRET}, endpoint: e, application: a }} ] }}\n"
    );
    let run = || Run::of("kaa-kpc").file("kpc.yaml", &file).flags(&["--config", "kpc.yaml"]);
    is_kept(run);
    assert_eq!(entry(&run().config(), "clients.passwords.me").0, "********");
}

#[test]
fn a_secret_is_shown_as_one_with_its_origin() {
    let config = Run::of("dcx").variables(&[("NATS_TOKEN", SECRET)]).config();
    assert_eq!(entry(&config, "nats.token"), ("********".to_owned(), "NATS_TOKEN".to_owned()));
    assert_eq!(entry(&config, "nats.password"), ("-".to_owned(), "default".to_owned()));
}

#[test]
fn a_mistake_beside_a_secret_does_not_tell_it() {
    let told = |run: Run| {
        let error = run.refused();
        assert!(!error.contains(SECRET), "{error}");
    };
    told(Run::of("dcx").flags(&["--nats.pasword", SECRET]));
    told(Run::of("dcx").flags(&["--nats.pasword=hunter2"]));
    told(Run::of("dcx").flags(&["--admin.insecure-listen", SECRET]));
    told(Run::of("dcx").variables(&[("NATS_TOKEM", SECRET)]));
    told(Run::of("dcx").file("dcx.yaml", "nats: { token: [ hunter2 ] }\n").flags(&["--config", "dcx.yaml"]));
    told(Run::of("dcx").file("dcx.yaml", "nats: { pasword: hunter2 }\n").flags(&["--config", "dcx.yaml"]));
}

#[test]
fn a_secret_of_a_higher_layer_replaces_the_file_of_a_lower_one() {
    let file = "nats: { token-file: /nowhere/token, username: me, password: lower }\n";
    let run = Run::of("dcx").file("dcx.yaml", file).flags(&["--config", "dcx.yaml"]);
    let config = run.variables(&[("NATS_TOKEN", SECRET), ("NATS_PASSWORD_FILE", "upper")]).config();
    assert_eq!(entry(&config, "nats.token-file"), ("-".to_owned(), "default".to_owned()));
    assert_eq!(entry(&config, "nats.password"), ("-".to_owned(), "default".to_owned()));
    assert_eq!(entry(&config, "nats.password-file"), ("upper".to_owned(), "NATS_PASSWORD_FILE".to_owned()));
}
