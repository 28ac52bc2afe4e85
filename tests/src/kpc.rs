//! A replica of the communication service as a process.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use tokio::process::Command;

use crate::nats_server::NatsServer;
use crate::program::program;
use crate::service::Service;
use crate::users::permissions_of;

/// As whom it logs in where users have permissions.
const USER: &str = "kpc";

/// A running `kaa-kpc`. Killed when dropped.
#[derive(Debug)]
pub struct Kpc {
    service: Service,
    listeners: HashMap<String, SocketAddr>,
}

impl Kpc {
    /// A replica on this server that trusts everybody; devices are served when this returns.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start(server: &NatsServer) -> Self {
        Self::start_with(server, |_| {}).await
    }

    /// The same, with whatever `configure` adds to its arguments and its environment.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start_with(server: &NatsServer, configure: impl FnOnce(&mut Command)) -> Self {
        let mut command = Self::command(server);
        command.arg("--trustful");
        configure(&mut command);
        Self::serving(command).await
    }

    /// A replica on this server that does what this file says, with the permissions that it asks for.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn configured(server: &NatsServer, file: &Path) -> Self {
        let command = || {
            let mut command = Self::command(server);
            command.arg("--config").arg(file);
            command
        };
        let _login = server.login().await;
        if server.has_users() {
            server.permit(USER, &permissions_of(command()).await).await;
        }
        Self::serving(command()).await
    }

    fn command(server: &NatsServer) -> Command {
        let mut command = Command::new(program("kaa-kpc"));
        command.args(["--nats", &server.url(), "--admin", "off"]);
        command.args(["--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        if server.has_users() {
            command.env("NATS_USERNAME", USER).env("NATS_PASSWORD", USER);
        }
        command
    }

    /// From a command with all its arguments; devices are served when this returns.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn serving(command: Command) -> Self {
        let mut service = Service::start(command);
        let mut listeners = HashMap::new();
        loop {
            let line = service.logged("").await;
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["listening", kind, address] => {
                    listeners.insert(kind.to_owned(), address.parse().expect("an address of a listener"));
                }
                ["ready"] => return Self { service, listeners },
                _ => {}
            }
        }
    }

    /// Where it listens for this: `mqtt`, `mqtts`, `ws`, `http`, `admin`.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn address(&self, kind: &str) -> SocketAddr {
        let address = self.listeners.get(kind).copied();
        address.unwrap_or_else(|| panic!("no {kind:?} among {:?}", self.listeners))
    }

    /// Kills it without a chance to say goodbye (SIGKILL).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn kill(&self) {
        self.service.kill();
    }

    /// Freezes it (SIGSTOP).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn stop(&self) {
        self.service.stop();
    }

    /// Lets it go on when it is frozen (SIGCONT).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn cont(&self) {
        self.service.cont();
    }

    /// Asks it to stop (SIGTERM).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn terminate(&self) {
        self.service.terminate();
    }

    /// Asks it to stop, and waits for its end: everything that it has ever logged and printed.
    ///
    /// # Panics
    ///
    /// When it does not end well.
    pub async fn said(self) -> Vec<String> {
        self.service.said().await
    }

    /// Waits for its end; whether it ended well.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub async fn ended(self) -> bool {
        self.service.ended().await
    }
}
