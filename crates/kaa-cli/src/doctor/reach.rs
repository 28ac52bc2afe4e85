//! The server: is it there, how old is it, how far away.

use std::time::Duration;

use kaa_ext::bus::{Bus, ConnectError, NatsServerInfo};
use kaa_process::error::Chain;
use tokio::time::Instant;

use super::finding::Finding;
use crate::connection::ConnectionError;

/// The first release with everything that services use.
const OLDEST: (u64, u64) = (2, 10);
/// The first one that says which subject nobody listens to.
const TELLS_SUBJECT: (u64, u64) = (2, 12);
/// A round trip that devices would notice.
const SLOW: Duration = Duration::from_millis(100);

/// Why there is no connection.
pub(super) fn unreachable(error: &ConnectionError) -> Finding {
    let found = format!("{:#}", Chain(error));
    let fix = match error {
        ConnectionError::Connect(ConnectError::Unauthorized { .. }) => {
            "set NATS_USERNAME and NATS_PASSWORD, NATS_TOKEN, NATS_NKEY_FILE or NATS_CREDENTIALS_FILE to what the server knows"
        }
        ConnectionError::Connect(ConnectError::Tls { .. }) => {
            "set NATS_TLS_CA_FILE to the authority of the server's certificate, and use the host name that stands in it; for a server that asks for ours, set NATS_TLS_CERTIFICATE_FILE and NATS_TLS_KEY_FILE"
        }
        ConnectionError::Connect(_) => "start nats-server, or set NATS_URLS (or --nats) to where it listens",
        ConnectionError::Config(_) | ConnectionError::Entry(_) => "correct the configuration",
    };
    Finding::fail("connection", found, fix)
}

/// What the server lacks.
pub(super) fn server(server: &NatsServerInfo) -> Vec<Finding> {
    let what = format!("nats-server {} ({})", server.version, server.name);
    let version = age(what, server.release());
    let jetstream = if server.jetstream {
        Finding::ok("jetstream", "on: services may keep what their replicas share")
    } else {
        let fix = "start nats-server with -js if a service asks for it";
        Finding::warn(
            "jetstream",
            "off: services cannot keep what their replicas share (key-value buckets)",
            fix,
        )
    };
    let payload = format!("at most {} bytes", server.max_payload);
    vec![version, jetstream, Finding::ok("max_payload", payload)]
}

/// Whether the server has everything that services use.
fn age(what: String, release: Option<(u64, u64)>) -> Finding {
    match release {
        None => Finding::warn(
            "server",
            what,
            "its version cannot be read; nats-server 2.12 or newer is known to work",
        ),
        Some(release) if release < OLDEST => {
            Finding::fail("server", what, "install nats-server 2.10 or newer")
        }
        Some(release) if release < TELLS_SUBJECT => {
            let lacks = format!(
                "{what}: does not say whom nobody serves, so some requests end at their deadline instead of at once"
            );
            Finding::warn("server", lacks, "install nats-server 2.12 or newer")
        }
        Some(_) => Finding::ok("server", what),
    }
}

/// How long a message takes to the server and back.
pub(super) async fn round_trip(bus: &Bus, patience: Duration) -> Finding {
    const TIMES: u32 = 5;
    let (mut total, mut longest) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..TIMES {
        let start = Instant::now();
        if let Err(error) = bus.fence(patience).await {
            let fix = "look at the network, and at the permissions of _INBOX.> for this user";
            return Finding::fail("round trip", format!("{:#}", Chain(&error)), fix);
        }
        let took = start.elapsed();
        total += took;
        longest = longest.max(took);
    }
    let found = format!("{:.1?} on average, {longest:.1?} at most, of {TIMES}", total / TIMES);
    if total / TIMES > SLOW {
        Finding::warn("round trip", found, "bring services and server closer together")
    } else {
        Finding::ok("round trip", found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn an_old_server_is_a_failure_and_one_that_tells_less_a_warning() {
        use Level::{Fail, Ok, Warn};
        for (release, level) in
            [((2, 9), Fail), ((2, 10), Warn), ((2, 11), Warn), ((2, 12), Ok), ((3, 0), Ok)]
        {
            assert_eq!(age("nats-server".to_owned(), Some(release)).level, level, "{release:?}");
        }
        assert_eq!(age("a fork".to_owned(), None).level, Warn);
    }
}
