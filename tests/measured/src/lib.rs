//! Child processes whose cost is measured, by the system's own accounting (Linux).

#![allow(clippy::expect_used, reason = "a measurement that fails has to fail the test that uses it")]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A child process. Killed when dropped.
#[derive(Debug)]
pub struct Measured(Child);

impl Measured {
    /// Starts it, with nothing on its standard input.
    ///
    /// # Panics
    ///
    /// When it cannot be executed.
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().expect("the program can be executed"))
    }

    /// The process, to read what it writes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// The CPU time of all its threads so far.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn cpu(&self) -> Duration {
        cpu(&self.0.id().to_string())
    }

    /// The memory it holds, in bytes.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a resident size");
        let kibibytes = line.trim().trim_end_matches(" kB");
        kibibytes.parse::<u64>().expect("a number of kB") * 1024
    }
}

/// The CPU time of this process so far.
///
/// # Panics
///
/// On systems without `/proc`.
pub fn own_cpu() -> Duration {
    cpu("self")
}

fn cpu(process: &str) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("a running process");
    // A thread may end while it is looked at; its time is lost then, as is what it did before.
    let of = |thread: fs::DirEntry| {
        let statistics = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        statistics.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0)
    };
    Duration::from_nanos(threads.flatten().map(of).sum())
}

impl Drop for Measured {
    fn drop(&mut self) {
        // It may have ended by itself, which the figures would show.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
