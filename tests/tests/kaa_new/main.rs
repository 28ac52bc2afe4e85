//! `kaa new`: what it makes is compiled and tested as it is, and changed while `kaa dev` runs it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod dev;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kaa_tests::nats_server;
use kaa_tests::program::program;

/// The root of this checkout.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Where the crate is compiled: beside what the workspace compiles, because other crates are asked for other features.
/// Only the first run compiles those of others.
fn target() -> PathBuf {
    let test = env::current_exe().unwrap();
    test.ancestors().nth(3).expect("target/<profile>/deps/<test>").join("kaa-new")
}

fn cargo(directory: &Path, arguments: &[&str]) -> Output {
    cargo_with(directory, arguments, &[])
}

fn cargo_with(directory: &Path, arguments: &[&str], variables: &[(&str, &Path)]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    compiling(cargo.args(arguments).current_dir(directory)).envs(variables.iter().copied());
    cargo.output().expect("cargo can be executed")
}

/// The command with the environment in which the crate is compiled.
fn compiling(command: &mut Command) -> &mut Command {
    command
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    // Cargo tells a test about its package. Build scripts that look at this would run anew.
    for (name, _) in env::vars_os() {
        let name_bytes = name.as_encoded_bytes();
        if name_bytes.starts_with(b"CARGO_PKG_") || name_bytes.starts_with(b"CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command.env_remove("KAA_TEST_NATS")
}

/// A new extension in this directory, with the versions that this checkout is tested with: what a registry has today is
/// not asked.
fn make(directory: &Path, name: &str) -> PathBuf {
    let sdk = checkout();
    assert_good(&new(directory, &[name, "--path", sdk.to_str().unwrap()]));
    let made = directory.join(name);
    std::fs::copy(sdk.join("Cargo.lock"), made.join("Cargo.lock")).unwrap();
    made
}

fn new(directory: &Path, arguments: &[&str]) -> Output {
    let mut kaa = Command::new(program("kaa"));
    kaa.arg("new").args(arguments).current_dir(directory);
    kaa.output().expect("kaa can be executed")
}

#[track_caller]
fn assert_good(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

#[test]
fn a_new_extension_compiles_and_passes_its_tests_on_both_buses_and_is_formatted() {
    let directory = tempfile::tempdir().unwrap();
    let made = make(directory.path(), "soil-watch");
    assert_good(&cargo(&made, &["fmt", "--check"]));
    let tested = assert_good(&cargo(&made, &["test", "--offline"]));
    assert!(tested.contains("3 passed"), "{tested}");
    let server = nats_server::binary();
    let tested = assert_good(&cargo_with(&made, &["test", "--offline"], &[("KAA_TEST_NATS", &server)]));
    assert!(tested.contains("3 passed"), "on a nats-server: {tested}");

    let permissions = assert_good(&cargo(&made, &["run", "--quiet", "--offline", "--", "permissions"]));
    assert!(std::fs::read_to_string(made.join("nats/permissions.conf")).unwrap().ends_with(&permissions));
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let mine = directory.path().join("plants");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(mine.join("notes"), "mine").unwrap();
    let refused = new(directory.path(), &["plants"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not empty; take another name"));
    assert_eq!(std::fs::read_dir(&mine).unwrap().count(), 1);

    let nowhere = new(directory.path(), &["soil", "--path", "/nowhere"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("is no checkout of the SDK"));
    assert!(!directory.path().join("soil").exists());

    assert_good(&new(directory.path(), &["soil"]));
    let manifest = std::fs::read_to_string(directory.path().join("soil/Cargo.toml")).unwrap();
    assert!(manifest.contains("kaa-ext = { version = \"0.1.0\", features"), "{manifest}");
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let kaa = |arguments: &[&str]| Command::new(program("kaa")).args(arguments).output().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = assert_good(&kaa(&["completions", shell]));
        assert!(script.contains("replay") && script.contains("correlation"), "{shell}");
    }
    let pages = directory.path().join("man1");
    assert_good(&kaa(&["man", pages.to_str().unwrap()]));
    for page in ["kaa.1", "kaa-tap.1", "kaa-new.1"] {
        assert!(pages.join(page).is_file(), "{page}");
    }
}
