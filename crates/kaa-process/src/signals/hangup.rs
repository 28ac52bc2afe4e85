//! SIGHUP: the terminal is gone.

use std::fs;
use std::future::pending;

use tokio::signal::unix::Signal;

/// Whether whoever started the program wants it to outlive the terminal, as `nohup` does. Where the system does not tell,
/// nobody does.
pub(super) fn is_ignored() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// Whether SIGHUP, signal 1, is among the ignored ones of a process with such a status.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Completes at the first one, and never again. Cancel safe.
pub(super) async fn once(signal: &mut Option<Signal>) {
    match signal {
        Some(listening) => {
            listening.recv().await;
            *signal = None;
        }
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn the_first_bit_of_the_mask_says_whether_it_is_ignored() {
        assert!(ignores_hangup("SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("SigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\n"));
        assert!(!ignores_hangup("SigIgn:\tnonsense\n"));
        assert!(!ignores_hangup(""));
    }
}
