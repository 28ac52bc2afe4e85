//! What the fuzz targets do with an input: read it as a service would, and hold the reader to its
//! promises.
//!
//! Two drivers share these bodies. `cargo fuzz` (the package in `/fuzz`) looks for new inputs as long
//! as it is let, guided by coverage; `tests/mutator.rs` here changes known inputs at random, a million
//! of them with every run of the tests. They live in a package of their own because both need them and
//! neither may bring what the other needs: libFuzzer, or a counting allocator.
//!
//! No reader can hang: each looks at every byte of its input a fixed number of times, an array or a
//! map takes at least one byte for each item, and none calls itself deeper than its schema, or than
//! 128 levels of JSON. So the time for an input is bounded by its length, and both drivers bound that.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a promise that is broken has to be seen by the driver"
)]

mod packets;
mod paths;
mod payloads;
mod records;
mod reply_to;
mod subjects;

use bytes::Bytes;

/// A family of readers.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which the binary in `/fuzz/fuzz_targets` has too.
    pub name: &'static str,
    /// Reads an input; whether it is one that the reader knows.
    ///
    /// At no time may this hold more of the heap than four times the input, and
    /// [`fixed`](Self::fixed).
    pub read: fn(&Bytes) -> bool,
    /// Reads an input and holds the reader to what it promises.
    ///
    /// # Panics
    ///
    /// When a promise is broken.
    pub check: fn(&Bytes),
    /// What reading may take from the heap whatever the input is, in bytes: for the message of an
    /// error, what counts the holders of a buffer, and the parts of texts whose length is limited.
    pub fixed: u64,
}

impl Target {
    /// What libFuzzer calls: [`check`](Self::check) with a copy of the input.
    ///
    /// # Panics
    ///
    /// When a promise is broken.
    pub fn fuzz(&self, input: &[u8]) {
        (self.check)(&Bytes::copy_from_slice(input));
    }
}

/// Every record of the catalogue: the first byte says which, the rest is its datum.
pub const RECORDS: Target = Target { name: "records", read: records::read, check: records::check, fixed: 64 };

/// Names, subjects and filters.
pub const SUBJECTS: Target =
    Target { name: "subjects", read: subjects::read, check: subjects::check, fixed: 1 << 16 };

/// Return addresses, judged for every protocol that answers.
pub const REPLY_TO: Target =
    Target { name: "reply_to", read: reply_to::read, check: reply_to::check, fixed: 1 << 12 };

/// Topics and URL paths of 1/KP.
pub const PATHS: Target = Target { name: "paths", read: paths::read, check: paths::check, fixed: 1 << 12 };

/// JSON of devices: the first byte says which payload, the rest is its text.
pub const PAYLOADS: Target =
    Target { name: "payloads", read: payloads::read, check: payloads::check, fixed: 1 << 12 };

/// MQTT: the first byte says what the connection is, the rest is what a client sends on it.
pub const PACKETS: Target =
    Target { name: "packets", read: packets::read, check: packets::check, fixed: 1 << 12 };

/// All of them.
pub const TARGETS: [Target; 6] = [RECORDS, SUBJECTS, REPLY_TO, PATHS, PAYLOADS, PACKETS];

/// The first byte as a choice of `count`, and the rest.
fn choice(input: &Bytes, count: usize) -> Option<(usize, Bytes)> {
    let first = *input.first()?;
    Some((usize::from(first) % count, input.slice(1..)))
}
