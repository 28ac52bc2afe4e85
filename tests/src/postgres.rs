//! A real PostgreSQL server for one test.

mod cluster;
mod place;

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::patience::{PATIENCE, soon};
use crate::port::free_port;

/// The password of the user `kaa`, for tests that look for it where it should not be.
pub const PASSWORD: &str = "hunter2";

/// A PostgreSQL server on loopback, on a port of its own, with a database of its own. Killed when dropped.
#[derive(Debug)]
pub struct Postgres {
    directory: TempDir,
    settings: Vec<String>,
    port: u16,
    process: Option<Process>,
    /// Kept for the next server of this test binary.
    _template: Arc<TempDir>,
}

impl Postgres {
    /// A server as PostgreSQL comes: what it confirms is on the disk.
    ///
    /// # Panics
    ///
    /// When there is no PostgreSQL, or it does not start.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with these settings, such as `fsync=off`.
    ///
    /// # Panics
    ///
    /// When there is no PostgreSQL, or it does not like a setting.
    pub async fn start_with(settings: &[&str]) -> Self {
        let template = cluster::template();
        let directory = cluster::copy(&template);
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { directory, settings, port: 0, process: None, _template: template };
        for _ in 0..3 {
            server.port = free_port();
            match server.launch().await {
                Err(log) if log.contains("could not bind") => {}
                launched => {
                    launched.unwrap_or_else(|log| panic!("PostgreSQL ended at once:\n{log}"));
                    return server;
                }
            }
        }
        panic!("others were faster to take each port that was free");
    }

    /// `postgres://kaa:<password>@127.0.0.1:<port>/postgres`.
    pub fn url(&self) -> String {
        format!("postgres://kaa:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// The port, the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A connection of an administrator.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn connect(&self) -> Client {
        let url = self.url();
        let connected = soon("a connection to PostgreSQL", tokio_postgres::connect(&url, NoTls)).await;
        let (client, connection) = connected.expect("a running server");
        tokio::spawn(connection);
        client
    }

    /// Runs statements as an administrator.
    ///
    /// # Panics
    ///
    /// When one fails.
    pub async fn run(&self, statements: &str) {
        let client = self.connect().await;
        soon(statements, client.batch_execute(statements)).await.expect("statements that PostgreSQL likes");
    }

    /// Kills the server without a chance to say goodbye (SIGKILL); returns when its last process is gone.
    ///
    /// # Panics
    ///
    /// When one of them stays.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.end(Signal::KILL);
        }
    }

    /// Starts a killed server again, on the same port, with the same settings.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.kill();
        self.launch().await.unwrap_or_else(|log| panic!("PostgreSQL did not come back:\n{log}"));
    }

    /// What the server wrote, if it ended at once.
    async fn launch(&mut self) -> Result<(), String> {
        let directory = self.directory.path();
        let (data, log) = (directory.join("data"), directory.join("postgres.log"));
        let mut command = place::command("postgres", directory);
        command.arg("-D").arg(&data).args(["-p", &self.port.to_string()]);
        let ours = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=16MB"];
        for setting in ours.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        command.stdout(Stdio::piped()).stderr(File::create(&log).expect("writable temporary directory"));
        let process = self.process.insert(Process::of(command.spawn().expect("postgres can be executed")));
        let listening = async {
            // The file is the only sign that the server gives.
            let mut look = tokio::time::interval(Duration::from_millis(5));
            loop {
                look.tick().await;
                if is_ready(&data, process.postmaster.id()) {
                    return Ok(());
                }
                if process.postmaster.try_wait().expect("our own child can be waited for").is_some() {
                    return Err(fs::read_to_string(&log).unwrap_or_default());
                }
            }
        };
        let launched = soon("PostgreSQL to listen", listening).await;
        if launched.is_err() {
            self.process = None;
        }
        launched
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            // At once as well, but it gives back the shared memory, of which a system has so many pieces.
            process.end(Signal::QUIT);
        }
    }
}

/// The first process of a server, and a sign of the others.
#[derive(Debug)]
struct Process {
    postmaster: Child,
    /// Ends with the last of them: all have inherited the standard output, which they do not use.
    others: Receiver<()>,
}

impl Process {
    fn of(mut postmaster: Child) -> Self {
        let mut output = postmaster.stdout.take().expect("its standard output is piped");
        let (alive, others) = channel();
        thread::spawn(move || {
            let _alive = alive;
            io::copy(&mut output, &mut io::sink())
        });
        Self { postmaster, others }
    }

    fn end(mut self, signal: Signal) {
        // One that has ended by itself is no matter.
        let _ = kill_process(Pid::from_child(&self.postmaster), signal);
        self.postmaster.wait().expect("our own child can be waited for");
        // While one of the others lives, no server starts in the same directory.
        let gone = self.others.recv_timeout(PATIENCE);
        assert_eq!(gone, Err(RecvTimeoutError::Disconnected), "a process of PostgreSQL stays");
    }
}

/// Whether this process has written that it takes connections, and not the one that was killed before.
fn is_ready(data: &Path, postmaster: u32) -> bool {
    let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = status.lines();
    lines.next() == Some(postmaster.to_string().as_str()) && lines.any(|line| line.trim_end() == "ready")
}
