//! A responder as a process: where it runs, and what it takes.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use kaa_measured::Measured;
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::peer::Peer;

/// The core of the load generator, and the one of the responder, where both are pinned.
const CORES: [usize; 2] = [0, 1];

/// What the responder and the generator run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cores {
    /// One for each.
    Own,
    /// All of them for both.
    Shared,
}

/// A running responder, and the generator's connection to it.
pub(crate) struct Responder {
    process: Measured,
    pub(crate) peer: Peer,
}

/// What some messages took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) messages: u32,
    pub(crate) cpu: Duration,
    pub(crate) elapsed: Duration,
    /// Bytes that the process held at the end.
    pub(crate) memory: u64,
}

impl Cost {
    pub(crate) fn microseconds(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / f64::from(self.messages)
    }

    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.messages) / self.elapsed.as_secs_f64()
    }
}

impl Responder {
    /// Starts what `command` makes of a URL, and plays its server. Each has a core of its own.
    pub(crate) fn direct(command: impl FnOnce(&str) -> Command) -> Self {
        Self::start(Cores::Own, 1, command)
    }

    /// The same with so many connections that listen.
    pub(crate) fn start(cores: Cores, listeners: usize, command: impl FnOnce(&str) -> Command) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = command(&format!("nats://127.0.0.1:{}", listener.local_addr().unwrap().port()));
        let anywhere = sched_getaffinity(None).unwrap();
        if cores == Cores::Own {
            // Inherited, so that it also holds for the threads of a runtime.
            pin(CORES[1]);
        }
        let process = Measured::start(&mut command);
        if cores == Cores::Own {
            sched_setaffinity(None, &anywhere).unwrap();
            pin(CORES[0]);
        }
        let peer = Peer::serve(&listener, listeners);
        sched_setaffinity(None, &anywhere).unwrap();
        Self { process, peer }
    }

    /// Starts it as a client of the server at `port`, wherever the system puts it.
    pub(crate) fn through(port: u16, command: impl FnOnce(&str) -> Command) -> Self {
        let process = Measured::start(&mut command(&format!("nats://127.0.0.1:{port}")));
        Self { process, peer: Peer::connect(port) }
    }

    /// What the responder takes while `load` asks it `messages` times.
    pub(crate) fn measure(&mut self, messages: u32, load: impl FnOnce(&mut Peer)) -> Cost {
        let (cpu, started) = (self.process.cpu(), Instant::now());
        load(&mut self.peer);
        let (elapsed, cpu) = (started.elapsed(), self.process.cpu() - cpu);
        Cost { messages, cpu, elapsed, memory: self.process.memory() }
    }

    /// Ends it and waits for that, so that what watches it can say what it saw.
    pub(crate) fn end(mut self) {
        let process = self.process.child();
        kill_process(Pid::from_child(process), Signal::TERM).unwrap();
        process.wait().unwrap();
    }
}

fn pin(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).expect("two cores: one to ask, one to answer");
}
