//! The workspace's own programs, freshly built.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The packages that have a program, all built at once.
const PACKAGES: [&str; 15] = [
    "quickstart",
    "kaa-cli",
    "kaa-kpc",
    "kaa-stage",
    "ccm",
    "cdp",
    "cex",
    "cmx",
    "dcx",
    "demo",
    "epl",
    "epmx",
    "epts",
    "rsx",
    "tsx",
];

/// The variable that names the directory of the programs, for those who have just built them.
///
/// A build for the tests alone has other features of the dependencies than the one of the whole workspace, so
/// it compiles them a second time.
pub const VARIABLE: &str = "KAA_PROGRAMS";

/// The path of a program of this workspace, built with the profile of the running test unless [`VARIABLE`] says
/// that this is done.
///
/// # Panics
///
/// When it cannot be built.
pub fn program(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| env::var_os(VARIABLE).map_or_else(build, PathBuf::from)).join(name)
}

fn build() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let directory = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>").to_owned();
    let profile = match directory.file_name().and_then(|name| name.to_str()).expect("a profile has a name") {
        "debug" => "dev",
        profile => profile,
    };
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--bins", "--profile", profile]);
    // As in a build of the whole workspace, where the tests want it.
    build.args(["--features", "kaa-kpc/otel"]);
    build.args(PACKAGES.iter().flat_map(|package| ["-p", package]));
    build.arg("--target-dir").arg(directory.parent().expect("target/<profile>"));
    // Cargo tells a test about its package. Build scripts that look at this would run anew.
    for (name, _) in env::vars_os() {
        let is_ours = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|ours| name.as_encoded_bytes().starts_with(ours.as_bytes()));
        if is_ours {
            build.env_remove(name);
        }
    }
    let built = build.status().expect("cargo can be executed");
    assert!(built.success(), "{} cannot be built", PACKAGES.join(", "));
    directory
}
