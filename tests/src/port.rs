//! Ports for servers that have to know theirs before they start.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

/// A port that is free now. It is none of those that the system gives to outgoing connections, so that it is
/// still free when a killed server comes back.
///
/// # Panics
///
/// When there is none.
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const MANY: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test binaries that run at the same time begin at different ports.
    let begin = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(MANY)).expect("below 10,000");
    (0..MANY)
        .map(|_| FIRST + (begin + NEXT.fetch_add(1, Relaxed) % MANY) % MANY)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
