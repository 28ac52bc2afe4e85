//! A nats-server that one test has to itself.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaa_bus::{Bus, NatsOptions};
use tokio::time::Instant;

use super::switchboard::PATIENCE;

/// How often a port is looked for that nobody takes before the server does.
const ATTEMPTS: usize = 8;

/// A nats-server on loopback. Killed when dropped.
#[derive(Debug)]
pub(super) struct NatsServer {
    program: PathBuf,
    port: u16,
    process: Mutex<Option<Child>>,
}

impl NatsServer {
    /// Starts one, and a connection to it.
    pub(super) async fn start(program: PathBuf) -> (Self, Bus) {
        time_has_to_run();
        for _ in 0..ATTEMPTS {
            let server = Self { program: program.clone(), port: free_port(), process: Mutex::default() };
            server.launch();
            if let Some(bus) = server.connect().await {
                return (server, bus);
            }
        }
        panic!("{} ended {ATTEMPTS} times before it served; does it run by hand?", program.display());
    }

    /// Starts the process. Nobody waits for it here: who is connected comes back by itself.
    pub(super) fn launch(&self) {
        let process = Command::new(&self.program)
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--name", &self.name()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = process.unwrap_or_else(|error| {
            panic!(
                "{} cannot be started, so there is no test on NATS; {} names a nats-server: {error}",
                self.program.display(),
                super::Venue::VARIABLE
            )
        });
        *self.process() = Some(process);
    }

    /// Ends the process, as a machine that loses its power does.
    pub(super) fn kill(&self) {
        if let Some(mut process) = self.process().take() {
            // A process that has ended already cannot be killed, and there is nothing else to do.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// A connection; `None` when the process ended, or somebody else has got the port.
    async fn connect(&self) -> Option<Bus> {
        let connected = async {
            let mut look = tokio::time::interval(Duration::from_millis(5));
            loop {
                look.tick().await;
                let options = NatsOptions::new(&format!("nats://127.0.0.1:{}", self.port)).expect("a URL");
                if let Ok(bus) = Bus::nats(options).await {
                    let is_ours = bus.server().is_some_and(|server| server.name == self.name());
                    return is_ours.then_some(bus);
                }
                if self.has_ended() {
                    return None;
                }
            }
        };
        let connected = tokio::time::timeout(PATIENCE, connected).await;
        connected.unwrap_or_else(|_| panic!("{} did not serve within {PATIENCE:?}", self.program.display()))
    }

    fn has_ended(&self) -> bool {
        self.process().as_mut().is_none_or(|process| !matches!(process.try_wait(), Ok(None)))
    }

    /// By which it is known from a stranger on the same port.
    fn name(&self) -> String {
        format!("kaa-test-{}-{}", std::process::id(), self.port)
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the system has a free port");
    listener.local_addr().expect("a listener has an address").port()
}

/// With paused time, every deadline passes as soon as a test waits for a process.
fn time_has_to_run() {
    let before = Instant::now();
    #[expect(clippy::disallowed_methods, reason = "only real time tells whether tokio's stands still")]
    std::thread::sleep(Duration::from_millis(1));
    assert!(
        !before.elapsed().is_zero(),
        "time is paused, and a nats-server does not live in it: let the test begin with #[tokio::test] and pause \
         time where Venue::has_virtual_time, or let it stay in the process with TestKaa::start_in(Venue::Process, …)"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "time is paused, and a nats-server does not live in it")]
    async fn a_server_is_refused_when_time_is_paused() {
        NatsServer::start("nats-server".into()).await;
    }

    #[tokio::test]
    #[should_panic(expected = "/nowhere/nats-server cannot be started")]
    async fn a_program_that_is_not_there_is_named() {
        NatsServer::start("/nowhere/nats-server".into()).await;
    }

    #[tokio::test]
    #[should_panic(expected = "ended 8 times before it served")]
    async fn a_program_that_is_no_server_is_named() {
        NatsServer::start("false".into()).await;
    }
}
