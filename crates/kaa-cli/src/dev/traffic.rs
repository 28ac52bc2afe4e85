//! Every message, printed.

use std::io::stdout;
use std::time::Duration;

use kaa_bus::Bus;
use kaa_tap::{Criteria, Listener};
use tokio::task::AbortHandle;

use crate::tap::human;
use crate::terminal::{Output, Paint, tell_error};

/// How long an answer may take when its request does not say.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints until it is dropped.
#[derive(Debug)]
pub(super) struct Traffic(AbortHandle);

impl Drop for Traffic {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Begins to print what is on the bus.
pub(super) fn print(bus: Bus) -> Traffic {
    Traffic(tokio::spawn(run(bus)).abort_handle())
}

async fn run(bus: Bus) {
    let mut listener = match Listener::open(&bus, Criteria::default(), false, PATIENCE).await {
        Ok(listener) => listener,
        Err(error) => return tell_error("dev", &error),
    };
    let (output, paint) = (Output::to(stdout()), Paint::on(&stdout()));
    while let Some(happened) = listener.next().await {
        if !output.write(human::text(&happened, paint)).await {
            return;
        }
    }
}
