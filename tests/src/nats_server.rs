//! A real nats-server for one test.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::patience::soon;
use crate::users::Users;

/// A nats-server on loopback, on a port of its own. Killed when dropped.
#[derive(Debug)]
pub struct NatsServer {
    directory: TempDir,
    config: Option<PathBuf>,
    users: Option<Mutex<Users>>,
    logins: Mutex<()>,
    port: u16,
    process: Option<Child>,
}

impl NatsServer {
    /// A server without configuration: no login, no TLS.
    ///
    /// # Panics
    ///
    /// When there is no nats-server, or it does not start.
    pub async fn start() -> Self {
        Self::configured(|_| None).await
    }

    /// A server whose configuration `configure` writes. It may put further files into the directory
    /// it is given, which lives as long as the server.
    ///
    /// # Panics
    ///
    /// When there is no nats-server, or it does not like the configuration.
    pub async fn start_with(configure: impl FnOnce(&Path) -> String) -> Self {
        Self::configured(|directory| Some(configure(directory))).await
    }

    /// The same, and nobody gets in but users with the permissions they are given ([`permit`](Self::permit)), and
    /// [`EVERYBODY`](crate::users::EVERYBODY).
    ///
    /// # Panics
    ///
    /// As [`start_with`](Self::start_with).
    pub async fn with_users(configure: impl FnOnce(&Path) -> String) -> Self {
        let mut users = None;
        let write = |directory: &Path| users.insert(Users::new(configure(directory))).config();
        let mut server = Self::start_with(write).await;
        server.users = users.map(Mutex::new);
        server
    }

    /// Whether its users have permissions.
    pub fn has_users(&self) -> bool {
        self.users.is_some()
    }

    /// Held from [`permit`](Self::permit) until the user has logged in: while the server takes in new users, it may
    /// refuse those it knows.
    pub async fn login(&self) -> MutexGuard<'_, ()> {
        self.logins.lock().await
    }

    /// Gives a user this block of permissions; the password is the name. Users who are connected stay so.
    ///
    /// # Panics
    ///
    /// When the server has no users, or does not like the block.
    pub async fn permit(&self, user: &str, block: &str) {
        let mut users = self.users.as_ref().expect("a server with users").lock().await;
        if users.blocks.insert(user.to_owned(), block.to_owned()).as_deref() == Some(block) {
            return;
        }
        fs::write(self.config.as_ref().expect("a configuration"), users.config()).expect("a writable file");
        let reloads = |log: &str| log.matches("Reloaded server configuration").count();
        let before = reloads(&self.log());
        self.signal(Signal::HUP);
        let reloaded = async {
            let mut look = tokio::time::interval(Duration::from_millis(2));
            loop {
                look.tick().await;
                let log = self.log();
                assert!(!log.contains("Failed to reload"), "{log}\n{}", users.config());
                if reloads(&log) > before {
                    return;
                }
            }
        };
        soon("the new users", reloaded).await;
    }

    /// What it has logged since it was started last.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory().join("nats.log")).unwrap_or_default()
    }

    async fn configured(configure: impl FnOnce(&Path) -> Option<String>) -> Self {
        let directory =
            tempfile::Builder::new().prefix("kaa-nats-").tempdir().expect("a temporary directory");
        let config = configure(directory.path()).map(|text| {
            let path = directory.path().join("nats.conf");
            fs::write(&path, text).expect("writable temporary directory");
            path
        });
        let mut server =
            Self { directory, config, users: None, logins: Mutex::default(), port: 0, process: None };
        server.launch("-1").await;
        server
    }

    /// `nats://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The port, the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the server's files are: `nats.conf`, `nats.log` and what the configuration put there.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Kills the server without a chance to say goodbye (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("our own child can be killed");
            process.wait().expect("our own child can be waited for");
        }
    }

    /// Freezes the server (SIGSTOP): its connections stay open and nothing moves.
    pub fn stop(&self) {
        let process = self.signal(Signal::STOP);
        // A signal takes effect in its own time; the parent is told when the last thread stands still.
        waitpid(Some(process), WaitOptions::UNTRACED).expect("our own child can be waited for");
    }

    /// Lets a frozen server go on (SIGCONT).
    pub fn cont(&self) {
        self.signal(Signal::CONT);
    }

    /// Announces that it is about to shut down (SIGUSR2, lame duck mode): it takes no new connections, and ends those
    /// it has one by one after its `lame_duck_grace_period`.
    pub fn lame_duck(&self) {
        self.signal(Signal::USR2);
    }

    /// Starts a killed server again, on the same port, with the same configuration.
    pub async fn restart(&mut self) {
        self.kill();
        let port = self.port.to_string();
        self.launch(&port).await;
    }

    fn signal(&self, signal: Signal) -> Pid {
        let process = Pid::from_child(self.process.as_ref().expect("a running server"));
        kill_process(process, signal).expect("our own child takes signals");
        process
    }

    async fn launch(&mut self, port: &str) {
        let directory = self.directory.path();
        let log = directory.join("nats.log");
        let mut command = Command::new(binary());
        command.args(["-a", "127.0.0.1", "-p", port, "--ports_file_dir"]).arg(directory);
        if let Some(config) = &self.config {
            command.arg("-c").arg(config);
        }
        let log_file = File::create(&log).expect("writable temporary directory");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log_file);
        let process = command.spawn().expect("nats-server can be executed");
        let ports = directory.join(format!("nats-server_{}.ports", process.id()));
        let process = self.process.insert(process);
        let listening = async {
            // The file is the only sign that the server gives; it takes some 15 ms.
            let mut look = tokio::time::interval(Duration::from_millis(2));
            loop {
                look.tick().await;
                if let Some(port) = port_in(&ports) {
                    return port;
                }
                if let Some(status) = process.try_wait().expect("our own child can be waited for") {
                    let log = fs::read_to_string(&log).unwrap_or_default();
                    panic!("nats-server ended at once ({status}):\n{log}");
                }
            }
        };
        self.port = soon("nats-server to listen", listening).await;
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The client port in a ports file; `None` while it is not there or not complete.
fn port_in(path: &Path) -> Option<u16> {
    let ports: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let url = ports.get("nats")?.get(0)?.as_str()?;
    url.rsplit_once(':')?.1.parse().ok()
}

/// The program: `NATS_SERVER`, else PATH, else the one that `cargo xtask test` has installed.
///
/// # Panics
///
/// When there is none.
pub fn binary() -> PathBuf {
    if let Some(path) = env::var_os("NATS_SERVER").filter(|path| !path.is_empty()) {
        return path.into();
    }
    let on_path = env::var_os("PATH");
    let on_path = on_path.iter().flat_map(env::split_paths).map(|directory| directory.join("nats-server"));
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/nats-server");
    on_path.chain([installed]).find(|path| path.is_file()).unwrap_or_else(|| {
        panic!(
            "these tests need a nats-server and there is none: run `cargo xtask test`, which installs one \
             under target/tools, or set NATS_SERVER to one you have"
        )
    })
}
