mod devices;
mod platform;
mod ports;
mod transcript;
mod whole;

use std::io;
use std::sync::{Arc, Mutex};

use clap::Parser;

use crate::{Options, Transcript};

/// The flags, with ports that are free unless they are given.
fn options(flags: &[&str]) -> Options {
    let mut all = vec!["demo"];
    for port in ["--mqtt", "--http", "--cdp", "--epts", "--cex", "--ccm"] {
        if !flags.contains(&port) {
            all.extend([port, "0"]);
        }
    }
    all.extend(flags);
    Options::try_parse_from(all).unwrap()
}

/// What a transcript has written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn transcript(&self) -> Transcript {
        Transcript::new(self.clone(), false)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
