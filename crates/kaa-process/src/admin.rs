//! The port for operators: health, readiness, metrics.
//!
//! | path | answer |
//! |---|---|
//! | `/` | what is here |
//! | `/health/live` | 200 as long as the process answers |
//! | `/health/ready` | 200 when every check passes, 503 otherwise; JSON with each check, and why it fails |
//! | `/metrics` | OpenMetrics text |
//! | what a service [adds](Admin::page) | what it is, for example |
//! | below what it [adds](Admin::annex) | a console, for example |
//!
//! HTTP/1.1, GET and HEAD (but for an annex), one request per connection. Who asks is not checked, so the port is meant for the
//! loopback interface and refuses any other address unless told otherwise.
//!
//! ```
//! use std::time::Duration;
//!
//! use kaa_bus::Bus;
//! use kaa_process::admin::{Admin, AdminConfig, AdminSocket};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kaa_process::admin::AdminError> {
//! # let bus = Bus::memory();
//! # let config = { let mut config = AdminConfig::default(); config.listen = "127.0.0.1:0".parse().ok(); config };
//! let socket = AdminSocket::bind_as(&config).await?;
//! // … the service; then:
//! let admin = Admin::new().ready("bus", move || {
//!     let bus = bus.clone();
//!     async move { bus.fence(Duration::from_secs(1)).await }
//! });
//! let server = socket.map(|socket| admin.serve(socket));
//! // … serve, until a signal comes; then:
//! if let Some(server) = server {
//!     server.not_ready("stopping");
//!     // … finish what has begun; then:
//!     server.stop(Duration::from_secs(1)).await;
//! }
//! # Ok(())
//! # }
//! ```

pub mod annex;
mod config;
mod error;
mod pages;
mod readiness;
mod server;
mod socket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;

pub use config::AdminConfig;
pub use error::AdminError;
pub use server::AdminServer;
pub use socket::AdminSocket;

use annex::{Annex, Mounted};
use pages::{Extra, Pages};
use readiness::{Check, Readiness};

/// How long a check may take unless told otherwise.
const CHECK: Duration = Duration::from_secs(2);

/// An admin port in the making.
#[derive(Debug)]
#[must_use = "nothing listens before `bind`"]
pub struct Admin {
    registry: Registry,
    checks: Vec<Check>,
    pages: Vec<Extra>,
    annexes: Vec<Mounted>,
    deadline: Duration,
    insecure_listen: bool,
}

impl Default for Admin {
    fn default() -> Self {
        Self::new()
    }
}

impl Admin {
    /// Without checks and metrics.
    pub fn new() -> Self {
        Self {
            registry: Registry::default(),
            checks: Vec::new(),
            pages: Vec::new(),
            annexes: Vec::new(),
            deadline: CHECK,
            insecure_listen: false,
        }
    }

    /// The metrics of `/metrics`; [`metrics`](crate::metrics) has what counters and gauges need.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Adds a check to `/health/ready`: the service is ready while it passes. All checks run at the same time,
    /// anew for every request; one that panics fails.
    ///
    /// The error is shown to whoever asks, with its causes.
    pub fn ready<F, E>(mut self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        self.checks.push(Check::new(name, check));
        self
    }

    /// Adds a page of the service's own at a path such as `/routes`; `about` says in the list of pages what it is. It
    /// is written anew for whoever asks. A browser is told to load nothing from it, nor to run anything in it.
    pub fn page(
        mut self,
        path: &'static str,
        media_type: &'static str,
        about: &'static str,
        write: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        self.pages.push(Extra { path, media_type, about, write: Box::new(write) });
        self
    }

    /// Adds what answers a path such as `/console` and all below it; `about` says in the list of pages what it is.
    pub fn annex(mut self, path: &'static str, about: &'static str, annex: impl Annex) -> Self {
        self.annexes.push(Mounted { path, about, annex: Arc::new(annex) });
        self
    }

    /// How long a check may take. Default: 2 s.
    pub fn check_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether addresses beyond the loopback interface are accepted. Default: no.
    pub fn insecure_listen(mut self, is_accepted: bool) -> Self {
        self.insecure_listen = is_accepted;
        self
    }

    /// Begins to answer, on a task of its own.
    ///
    /// # Errors
    ///
    /// [`AdminError`]: the address is not a loopback address, is taken, or cannot be listened on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn bind(self, address: SocketAddr) -> Result<AdminServer, AdminError> {
        let socket = AdminSocket::bind(address, self.insecure_listen).await?;
        Ok(self.serve(socket))
    }

    /// Begins to answer at a place that was taken before, on a task of its own.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub fn serve(self, socket: AdminSocket) -> AdminServer {
        let is_exposed = socket.is_exposed();
        let AdminSocket { listener, address } = socket;
        for Mounted { path, about, .. } in self.annexes.iter().filter(|_| is_exposed) {
            tracing::warn!(
                "whoever can reach {address} can open {path} ({about}), and nobody is asked who they are; set \
                 admin.listen (ADMIN_LISTEN) to a loopback address"
            );
        }
        let readiness = Readiness::new(self.checks, self.deadline);
        let pages = Pages::new(self.registry, readiness, self.pages, self.annexes);
        AdminServer::start(listener, address, pages)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use http::{Request, Response};

    use super::annex::Body;
    use super::*;
    use crate::logs::tests::logged;

    #[derive(Debug)]
    struct Console;

    impl Annex for Console {
        fn answer(&self, _: Request<Body>) -> BoxFuture<'static, Response<Body>> {
            panic!("nobody asks");
        }
    }

    /// What is logged when a port with a console is opened here.
    fn said_at(address: &str) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let admin = Admin::new().insecure_listen(true).annex("/console", "everything on the bus", Console);
        logged(false, || drop(runtime.block_on(admin.bind(address.parse().unwrap())).unwrap()))
    }

    #[test]
    fn a_console_that_others_can_reach_is_warned_of() {
        let said = said_at("0.0.0.0:0");
        for part in ["WARN", "0.0.0.0:", "can open /console (everything on the bus)", "ADMIN_LISTEN"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let said = said_at("127.0.0.1:0");
        assert!(!said.contains("WARN") && said.contains("127.0.0.1:"), "{said}");
    }
}
