//! Where a test takes place: in the process or on a real nats-server.

use std::path::PathBuf;

use kaa_bus::faults::{Faults, FaultyServer};
use kaa_bus::{Bus, Clock, Connection, MemoryServer};

use super::nats_server::NatsServer;
use super::switchboard::PATIENCE;

/// Where a test takes place. The test is the same everywhere.
///
/// [`TestKaa::start`](super::TestKaa::start) asks the environment, so one line runs a whole suite on a real server:
///
/// ```sh
/// KAA_TEST_NATS=nats-server cargo test
/// ```
///
/// Virtual time and a real server exclude each other. A test that is to run on both pauses time itself, where it can:
///
/// ```
/// use kaa_ext::prelude::*;
/// use kaa_ext::testing::{TestKaa, Venue};
///
/// #[resource("/greet/{name}")]
/// async fn greet(name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// async fn served() -> TestKaa {
///     let venue = Venue::from_environment();
///     if venue.has_virtual_time() {
///         tokio::time::pause();
///     }
///     let extension = Extension::new("greeter").resources(resources![greet]).build().unwrap();
///     TestKaa::start_in(venue, extension).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let kaa = served().await;
/// kaa.endpoint("ep-1").request("/greet/Ada").await.assert_text("Hello, Ada!");
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Venue {
    /// In the process, on a bus that does everything in the order of the calls.
    Process,
    /// In the process, on a bus that carries messages in tokio's time and on which these things go wrong. Extension
    /// and test have a connection each. More of it can go wrong later: [`TestKaa::lose_messages`](super::TestKaa::lose_messages)
    /// and its neighbours.
    Unreliable(Faults),
    /// On a nats-server of its own, which is this program: on a free port of 127.0.0.1, without JetStream. It ends
    /// with the [`TestKaa`](super::TestKaa).
    NatsServer(PathBuf),
}

impl Venue {
    /// The variable that names a nats-server: a file, or a program on PATH.
    pub const VARIABLE: &str = "KAA_TEST_NATS";

    /// A nats-server of its own when [`VARIABLE`](Self::VARIABLE) names one, otherwise in the process.
    ///
    /// # Panics
    ///
    /// When the variable is a URL: replicas of all tests that run at the same time would share the work of one
    /// extension there, so each test has a server.
    pub fn from_environment() -> Self {
        Self::named(std::env::var_os(Self::VARIABLE).map(PathBuf::from))
    }

    fn named(program: Option<PathBuf>) -> Self {
        match program.filter(|program| !program.as_os_str().is_empty()) {
            None => Self::Process,
            Some(program) if program.to_string_lossy().contains("://") => panic!(
                "{} is {}, which is a URL; it names the program nats-server, of which each test starts one of its \
                 own (for a server that is there, TestKaa::start_on takes a Bus)",
                Self::VARIABLE,
                program.display()
            ),
            Some(program) => Self::NatsServer(program),
        }
    }

    /// Whether tokio's time may be paused here: everywhere but on a real server.
    pub fn has_virtual_time(&self) -> bool {
        !matches!(self, Self::NatsServer(_))
    }

    /// Opens it: the connection of the extension and that of the test.
    pub(super) async fn open(self, clock: Clock) -> (Place, Bus, Bus) {
        match self {
            Self::Process => {
                let server = MemoryServer::new();
                let bus = server.connect();
                (Place::Process(server), bus.clone(), bus)
            }
            Self::Unreliable(faults) => {
                let server = MemoryServer::with_faults(faults);
                let (extension, test) = (server.connect(clock), server.connect(clock));
                (Place::Unreliable(server), extension, test)
            }
            Self::NatsServer(program) => {
                let (server, bus) = NatsServer::start(program).await;
                (Place::Nats(server), bus.clone(), bus)
            }
        }
    }
}

/// A venue while it is open.
#[derive(Debug)]
pub(super) enum Place {
    Process(MemoryServer),
    Unreliable(FaultyServer),
    Nats(NatsServer),
    /// On a bus that the test has brought along.
    Elsewhere,
}

impl Place {
    /// Takes the server away; returns when the connection is lost.
    pub(super) async fn go_away(&self, bus: &Bus) {
        match self {
            Self::Process(server) => server.stop(),
            Self::Nats(server) => server.kill(),
            Self::Unreliable(_) => panic!(
                "on a bus with faults, connections are lost by chance (Faults::disconnect); the whole bus goes away \
                 in Venue::Process and on a nats-server"
            ),
            Self::Elsewhere => panic!(
                "TestKaa::start_on was given a bus, whose server is the test's own to take away; TestKaa::start \
                 has one"
            ),
        }
        becomes(bus, Connection::Disconnected).await;
    }

    /// Brings it back; returns when the connection is, with all of its subscriptions.
    pub(super) async fn come_back(&self, bus: &Bus) {
        match self {
            Self::Process(server) => server.start(),
            Self::Nats(server) => server.launch(),
            Self::Unreliable(_) | Self::Elsewhere => panic!("the bus comes back where it has gone away"),
        }
        becomes(bus, Connection::Connected).await;
        bus.fence(PATIENCE).await.expect("the server that came back makes a round trip");
    }

    /// The server on which things go wrong.
    pub(super) fn faulty(&self) -> &FaultyServer {
        match self {
            Self::Unreliable(server) => server,
            _ => panic!(
                "messages are lost, late or repeated only on a bus with faults: start with \
                 TestKaa::start_in(Venue::Unreliable(Faults::none(1)), extension)"
            ),
        }
    }
}

async fn becomes(bus: &Bus, state: Connection) {
    let mut connection = bus.watch_connection();
    let change = tokio::time::timeout(PATIENCE, connection.wait_for(|connection| *connection == state)).await;
    assert!(
        matches!(change, Ok(Ok(_))),
        "the connection to the bus was to be {state:?}: {:?}",
        bus.connection()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_takes_place_in_the_process_unless_a_server_is_named() {
        assert_eq!(Venue::named(None), Venue::Process);
        assert_eq!(Venue::named(Some("".into())), Venue::Process);
        let named = Venue::named(Some("/usr/bin/nats-server".into()));
        assert_eq!(named, Venue::NatsServer("/usr/bin/nats-server".into()));
        assert!(!named.has_virtual_time() && Venue::Process.has_virtual_time());
    }

    #[test]
    #[should_panic(expected = "it names the program nats-server")]
    fn a_url_is_no_program() {
        Venue::named(Some("nats://127.0.0.1:4222".into()));
    }
}
