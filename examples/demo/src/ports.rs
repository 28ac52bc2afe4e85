//! Whether the ports can be had, all of them at once: whoever starts the demo twice is told about every port,
//! and not about one with each attempt.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};

use crate::options::Options;

/// Ports that cannot be listened on, all of them.
#[derive(Debug)]
pub struct PortsError(pub Vec<PortProblem>);

/// A port that cannot be listened on.
#[derive(Debug)]
pub struct PortProblem {
    /// The flag that says which one it is.
    pub flag: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// What the system says; `None` when the address is not of this machine alone.
    pub reason: Option<io::Error>,
}

impl fmt::Display for PortProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flag, address, reason } = self;
        let port = address.port();
        match reason {
            None => write!(
                f,
                "{address} can be reached from elsewhere, and the demo asks nobody who they are; \
                 choose a loopback address: {flag} 127.0.0.1:{port}"
            ),
            Some(error) if error.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "port {port} ({flag}) is taken; stop what listens on {address} (`ss -ltnp` names it), \
                 or choose another one: {flag} 0 takes any that is free"
            ),
            Some(error) => write!(
                f,
                "port {port} ({flag}) cannot be listened on at {address} ({error}); \
                 choose another one: {flag} 0 takes any that is free"
            ),
        }
    }
}

impl fmt::Display for PortsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the demo cannot listen where it should:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for PortsError {}

/// Takes every port for a moment.
///
/// # Errors
///
/// [`PortsError`] with all that cannot be had, two flags with the same one among them.
pub(crate) fn check(options: &Options) -> Result<(), PortsError> {
    let ports = [
        ("--mqtt", options.mqtt),
        ("--http", options.http),
        ("--cdp", options.cdp),
        ("--epts", options.epts),
        ("--cex", options.cex),
        ("--ccm", options.ccm),
    ];
    let ports = ports.into_iter().chain(options.console.map(|address| ("--console", address)));
    // Each is held until all have been tried, so that none is promised twice.
    let mut held = Vec::new();
    let mut problems = Vec::new();
    for (flag, address) in ports {
        if !address.ip().is_loopback() {
            problems.push(PortProblem { flag, address, reason: None });
            continue;
        }
        match TcpListener::bind(address) {
            Ok(listener) => held.push(listener),
            Err(error) => problems.push(PortProblem { flag, address, reason: Some(error) }),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(PortsError(problems)) }
}
