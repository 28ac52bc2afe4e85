//! Services as processes, as an operator would run them.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::nats_server::NatsServer;
use crate::patience::soon;
use crate::program::program;
use crate::users::permissions_of;

/// A running service. Killed when dropped.
#[derive(Debug)]
pub struct Service {
    process: Child,
    input: ChildStdin,
    /// Lines of both its outputs, which are always read: a full pipe would stop it.
    output: UnboundedReceiver<String>,
    /// The lines so far.
    seen: Vec<String>,
}

impl Service {
    /// The quickstart extension on this server; it serves when this returns.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn quickstart(server: &NatsServer, replica: &str) -> Self {
        Self::extension("quickstart", server, replica).await
    }

    /// The extension `stage` on this server, which does what it is told to; it serves when this returns.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn stage(server: &NatsServer, replica: &str) -> Self {
        Self::extension("stage", server, replica).await
    }

    /// A service of the workspace on this server, with these variables in its environment, which keeps its files in
    /// `directory`; it serves when this returns. Where users have permissions, it gets those that it asks for. Its REST port, if it has one, is a free one.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn configured(
        name: &str,
        server: &NatsServer,
        directory: &Path,
        variables: &[(&str, &str)],
    ) -> Self {
        let _login = server.login().await;
        if server.has_users() {
            let permissions = permissions_of(Self::command(name, server, directory, variables)).await;
            server.permit(user(name, variables), &permissions).await;
        }
        let mut service = Self::start(Self::command(name, server, directory, variables));
        service.logged("serving").await;
        service
    }

    /// A service of the workspace, ready to be started. Where users have permissions, it logs in under its own name, or
    /// under that of its replica if that is fixed: the permissions of such a replica are its own.
    pub fn command(name: &str, server: &NatsServer, directory: &Path, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program(name));
        command.env("NATS_URLS", server.url()).env("REST_LISTEN", "127.0.0.1:0").current_dir(directory);
        command.env("ADMIN_LISTEN", "off");
        if server.has_users() {
            let user = user(name, variables);
            command.env("NATS_USERNAME", user).env("NATS_PASSWORD", user);
        }
        command.envs(variables.iter().copied());
        command
    }

    /// Where its REST port listens.
    ///
    /// # Panics
    ///
    /// When it has none.
    pub async fn rest(&mut self) -> SocketAddr {
        self.listens("REST on http://").await
    }

    /// Where its port for operators listens.
    ///
    /// # Panics
    ///
    /// When it has none.
    pub async fn admin(&mut self) -> SocketAddr {
        self.listens("health and metrics on http://").await
    }

    async fn listens(&mut self, said: &str) -> SocketAddr {
        let line = match self.seen.iter().find(|line| line.contains(said)) {
            Some(line) => line.clone(),
            None => self.logged(said).await,
        };
        let address = line.split_once(said).and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
        address.unwrap_or_else(|| panic!("{line:?} has no address"))
    }

    /// The quickstart extension on this server with a port for operators; it serves when this returns.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn with_admin(server: &NatsServer, replica: &str) -> Self {
        Self::replica("quickstart", server, replica, "127.0.0.1:0").await
    }

    async fn extension(name: &str, server: &NatsServer, replica: &str) -> Self {
        Self::replica(name, server, replica, "off").await
    }

    async fn replica(name: &str, server: &NatsServer, replica: &str, admin: &str) -> Self {
        let mut command = Command::new(program(name));
        command.env("NATS_URLS", server.url()).env("SERVICE_INSTANCE_REPLICA_ID", replica);
        command.env("ADMIN_LISTEN", admin);
        let mut service = Self::start(command);
        service.logged("serving").await;
        service
    }

    /// Starts a program, whose log is that of `info` unless the command says otherwise.
    ///
    /// # Panics
    ///
    /// When it cannot be executed.
    pub fn start(mut command: Command) -> Self {
        if !command.as_std().get_envs().any(|(variable, _)| variable == "RUST_LOG") {
            command.env("RUST_LOG", "info");
        }
        command.env("NO_COLOR", "1").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("a program can be executed");
        let (lines, output) = unbounded_channel();
        forward(process.stdout.take().expect("its standard output is piped"), lines.clone());
        forward(process.stderr.take().expect("its standard error is piped"), lines);
        let input = process.stdin.take().expect("its standard input is piped");
        Self { process, input, output, seen: Vec::new() }
    }

    /// Waits until the service logs or prints a line with this text, and returns the line.
    ///
    /// # Panics
    ///
    /// When it does not, or ends before.
    pub async fn logged(&mut self, text: &str) -> String {
        let line = soon(text, self.next_with(text)).await;
        line.unwrap_or_else(|| panic!("{text:?} was not logged; the log is {:#?}", self.seen))
    }

    /// What it has logged and printed, as far as anybody has waited for it.
    pub fn log(&self) -> &[String] {
        &self.seen
    }

    async fn next_with(&mut self, text: &str) -> Option<String> {
        while let Some(line) = self.output.recv().await {
            self.seen.push(line.clone());
            if line.contains(text) {
                return Some(line);
            }
        }
        None
    }

    /// Writes a line to its standard input.
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub async fn tell(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("a running process");
    }

    /// Kills it without a chance to say goodbye (SIGKILL).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Kills it, and waits until it is gone and its files are nobody's.
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub async fn killed(self) {
        self.kill();
        assert!(!self.ended().await, "a killed service did not end well");
    }

    /// Asks it to stop (SIGTERM).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Freezes it (SIGSTOP): its connections stay open and nothing moves.
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on when it is frozen (SIGCONT).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn cont(&self) {
        self.signal(Signal::CONT);
    }

    /// What ctrl-c does in a terminal (SIGINT).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// What a terminal does that is closed (SIGHUP).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(id.expect("a running process"), signal).expect("our own child takes signals");
    }

    /// Asks it to stop, and waits for its end: everything that it has ever logged and printed.
    ///
    /// # Panics
    ///
    /// When it does not end well.
    pub async fn said(mut self) -> Vec<String> {
        self.terminate();
        let rest = async {
            while let Some(line) = self.output.recv().await {
                self.seen.push(line);
            }
        };
        soon("the service to end", rest).await;
        let said = std::mem::take(&mut self.seen);
        assert!(self.ended().await, "{said:#?}");
        said
    }

    /// Waits for its end; whether it ended well.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub async fn ended(mut self) -> bool {
        let end = soon("the service to end", self.process.wait()).await;
        end.expect("our own child can be waited for").success()
    }
}

/// As whom a service logs in.
fn user<'a>(name: &'a str, variables: &[(&str, &'a str)]) -> &'a str {
    let replica = variables.iter().find(|(variable, _)| *variable == "SERVICE_INSTANCE_REPLICA_ID");
    replica.map_or(name, |(_, replica)| replica)
}

fn forward(output: impl AsyncRead + Unpin + Send + 'static, lines: UnboundedSender<String>) {
    let mut output = BufReader::new(output).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = output.next_line().await {
            // Nobody reads any more, but the pipe has to be emptied all the same.
            let _ = lines.send(line);
        }
    });
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
