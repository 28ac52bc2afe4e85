//! What programs say of their own configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Output, Stdio};

use kaa_tests::program::program;

/// The programs that pages may speak of.
pub(crate) const PROGRAMS: [&str; 12] =
    ["kaa-kpc", "quickstart", "ccm", "cdp", "cex", "cmx", "dcx", "epl", "epmx", "epts", "rsx", "tsx"];

/// Every entry and its value, when the program is started with this file and these variables; what it says of its
/// mistakes, when there are any.
pub(crate) fn configured(
    name: &str,
    file: &str,
    variables: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("config.yaml"), file).unwrap();
    let mut command = Command::new(program(name));
    command.args(["--config", "config.yaml", "--print-config"]).current_dir(directory.path());
    let output = run(command.envs(variables));
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let printed = String::from_utf8(output.stdout).unwrap();
    let columns = printed.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    Ok(columns.map(|columns| (columns[0].to_owned(), columns[1].to_owned())).collect())
}

/// The variables that `--help` names.
pub(crate) fn variables(name: &str) -> BTreeSet<String> {
    let mut command = Command::new(program(name));
    let output = run(command.arg("--help"));
    let help = String::from_utf8(output.stdout).unwrap();
    let names = help.lines().filter(|line| line.starts_with("  --")).flat_map(|line| line.trim().split(", "));
    names.filter(|name| !name.starts_with('-')).map(str::to_owned).collect()
}

fn run(command: &mut Command) -> Output {
    // What the one who runs the tests has set is none of the page's.
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"NATS_") || name.as_encoded_bytes().starts_with(b"KAA_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).output().unwrap()
}
