//! The workspace's own programs as processes, as an operator would run them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command as Cargo, Output, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::nats_server::NatsServer;
use crate::patience::soon;

/// A running service. Killed when dropped.
#[derive(Debug)]
pub struct Service {
    process: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Service {
    /// The quickstart extension on this server; it serves when this returns.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn quickstart(server: &NatsServer, replica: &str) -> Self {
        let mut command = Command::new(program("quickstart"));
        command.env("NATS_URLS", server.url()).env("SERVICE_INSTANCE_REPLICA_ID", replica);
        command.env("RUST_LOG", "info").env("NO_COLOR", "1").stdin(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().expect("quickstart can be executed");
        let log = process.stderr.take().expect("its standard error is piped");
        let mut service = Self { process, log: BufReader::new(log).lines() };
        service.logged("serving").await;
        service
    }

    /// Waits until the service logs a line with this text.
    ///
    /// # Panics
    ///
    /// When it does not, or ends before.
    pub async fn logged(&mut self, text: &str) {
        let mut seen = Vec::new();
        let found = async {
            while let Some(line) = self.log.next_line().await.expect("logs are text") {
                if line.contains(text) {
                    return true;
                }
                seen.push(line);
            }
            false
        };
        assert!(soon(text, found).await, "{text:?} was not logged; the log is {seen:#?}");
    }

    /// Kills it without a chance to say goodbye (SIGKILL).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Asks it to stop (SIGTERM).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(id.expect("a running process"), signal).expect("our own child takes signals");
    }

    /// Waits for its end, reading its log meanwhile; whether it ended well.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub async fn ended(mut self) -> bool {
        let end = async {
            while let Ok(Some(_)) = self.log.next_line().await {}
            self.process.wait().await.expect("our own child can be waited for")
        };
        soon("the service to end", end).await.success()
    }
}

/// Runs `kaa` with these arguments against this server.
///
/// # Panics
///
/// When it cannot be executed.
pub async fn kaa(server: &NatsServer, arguments: &[&str]) -> Output {
    let mut command = Command::new(program("kaa"));
    command.args(arguments).env("NATS_URLS", server.url()).stdin(Stdio::null()).kill_on_drop(true);
    soon("kaa to end", command.output()).await.expect("kaa can be executed")
}

/// The path of a program of this workspace, freshly built with the profile of the running test.
fn program(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let test = env::current_exe().expect("a test has a path");
        let directory =
            test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>").to_owned();
        let profile =
            match directory.file_name().and_then(|name| name.to_str()).expect("a profile has a name") {
                "debug" => "dev",
                profile => profile,
            };
        let mut build = Cargo::new(env!("CARGO"));
        build.args(["build", "--quiet", "--profile", profile, "-p", "quickstart", "-p", "kaa-cli"]);
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
        assert!(built.success(), "quickstart and kaa cannot be built");
        directory
    });
    directory.join(name)
}
