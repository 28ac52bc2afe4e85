//! Clients that other people wrote, as processes. `cargo xtask clients` installs them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

/// How long a client may take for everything it is asked to do, on a busy machine too: browsers draw without a graphics
/// card.
const DEADLINE: Duration = Duration::from_secs(180);

/// What a client wrote, and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs a program that is on PATH, to its end.
///
/// # Panics
///
/// When it is not there, or does not end.
pub async fn run(program: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(program);
    command.args(arguments);
    finish(command).await
}

/// A program that plays the device script (`tests/clients`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// paho-mqtt 1.6 for Python.
    Paho1,
    /// paho-mqtt 2 for Python.
    Paho2,
    /// The `mqtt` package of npm.
    MqttJs,
}

impl Player {
    /// Plays the script; what it saw, a JSON value for each line.
    ///
    /// # Panics
    ///
    /// When the client is not there, or does not play to the end.
    pub async fn play(self, arguments: &[&str]) -> Vec<Value> {
        let (program, script, variable, library) = match self {
            Self::Paho1 => ("python3", "device-paho.py", "PYTHONPATH", "paho-1"),
            Self::Paho2 => ("python3", "device-paho.py", "PYTHONPATH", "paho-2"),
            Self::MqttJs => ("node", "device-mqtt.js", "NODE_PATH", "mqtt-js/node_modules"),
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(script);
        let mut command = Command::new(program);
        command.arg(script).args(arguments).env(variable, installed(library));
        let ended = finish(command).await;
        let seen = ended.stdout.lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>();
        match (seen, ended.code) {
            (Ok(seen), Some(0)) => seen,
            _ => panic!("{self:?} did not play to the end: {ended:#?}"),
        }
    }
}

/// A program that looks at a service from outside (`tests/clients`), with a library of npm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looker {
    /// The parser of AsyncAPI: reads a document from its input.
    Asyncapi,
    /// NATS for JavaScript: looks for services.
    Discovery,
    /// A browser: visits the console.
    Browser,
}

impl Looker {
    /// What it saw.
    ///
    /// # Panics
    ///
    /// When the client is not there, or fails.
    pub async fn look(self, input: Stdio, arguments: &[&str]) -> Value {
        let (script, library) = match self {
            Self::Asyncapi => ("asyncapi.js", "asyncapi/node_modules"),
            Self::Discovery => ("discovery.js", "nats-js/node_modules"),
            Self::Browser => ("console/visit.js", "playwright/node_modules"),
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(script);
        let mut command = Command::new("node");
        command.arg(script).args(arguments).env("NODE_PATH", installed(library));
        let ended = finish_reading(command, input).await;
        match (ended.code, serde_json::from_str(&ended.stdout)) {
            (Some(0), Ok(seen)) => seen,
            _ => panic!("{self:?} saw nothing: {ended:#?}"),
        }
    }
}

async fn finish(command: Command) -> Ended {
    finish_reading(command, Stdio::null()).await
}

async fn finish_reading(mut command: Command, input: Stdio) -> Ended {
    command.stdin(input).kill_on_drop(true);
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let output = match tokio::time::timeout(DEADLINE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => panic!("{program}: {error}; `cargo xtask clients` installs it"),
        Err(_) => panic!("{program} did not end within {DEADLINE:?}"),
    };
    let text = |bytes| String::from_utf8(bytes).expect("clients write text");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Where a library is: in `KAA_CLIENTS`, else where `cargo xtask clients` has put it.
fn installed(library: &str) -> PathBuf {
    let directory = env::var_os("KAA_CLIENTS")
        .filter(|path| !path.is_empty())
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/clients"), PathBuf::from);
    let library = directory.join(library);
    assert!(
        library.is_dir(),
        "{} is not there: `cargo xtask clients` installs the clients that these tests need, under \
         target/tools, and prints the directory for KAA_CLIENTS when that is elsewhere",
        library.display()
    );
    library
}
