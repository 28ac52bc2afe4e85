//! The two parts that the load generator plays: the NATS server itself, and a client of one.

use std::net::{TcpListener, TcpStream};

use crate::server::Server;
use crate::wire::{Frame, Message, Wire};
use crate::workload::{REPLY_TO, SUBJECT, Workload};

/// The other side of a responder.
pub(crate) struct Peer {
    wire: Wire,
    server: Server,
    /// What comes before every datum.
    head: Vec<u8>,
    workload: Workload,
    next: u32,
}

impl Peer {
    /// The server: takes one connection, and returns when the responder has subscribed.
    pub(crate) fn serve(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        let mut wire = Wire::new(stream);
        let port = listener.local_addr().unwrap().port();
        let information = format!(
            "INFO {{\"server_id\":\"bench\",\"server_name\":\"bench\",\"version\":\"2.15.1\",\"proto\":1,\
             \"host\":\"127.0.0.1\",\"port\":{port},\"headers\":true,\"max_payload\":1048576,\"client_id\":1}}\r\n"
        );
        wire.output().extend_from_slice(information.as_bytes());
        let mut peer = Self::new(wire, "");
        loop {
            peer.flush();
            if let Some(number) = peer.server.number(SUBJECT) {
                peer.head = head(&format!("MSG {SUBJECT} {number}"));
                return peer;
            }
            peer.wait();
            peer.answers(|_, _, _| {});
        }
    }

    /// A client: returns when a responder has answered.
    pub(crate) fn connect(port: u16) -> Self {
        let mut wire = Wire::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
        let hello = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"lang\":\"bench\",\"version\":\"1\",\"protocol\":1}}\r\n\
             SUB {REPLY_TO} 1\r\nPING\r\n"
        );
        wire.output().extend_from_slice(hello.as_bytes());
        let mut peer = Self::new(wire, &format!("PUB {SUBJECT}"));
        loop {
            peer.ask();
            peer.flush();
            // What nobody listens to is lost, so it is asked anew until somebody does.
            std::thread::sleep(std::time::Duration::from_millis(20));
            let mut answered = false;
            peer.answers(|_, _, _| answered = true);
            if answered {
                return peer;
            }
        }
    }

    fn new(wire: Wire, verb: &str) -> Self {
        Self { wire, server: Server::default(), head: head(verb), workload: Workload::new(), next: 0 }
    }

    /// The number that the next message has.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    /// Writes the next message; [`flush`](Self::flush) sends it.
    pub(crate) fn ask(&mut self) {
        let output = self.wire.output();
        output.extend_from_slice(&self.head);
        output.extend_from_slice(self.workload.datum(self.next));
        output.extend_from_slice(b"\r\n");
        self.next += 1;
    }

    pub(crate) fn flush(&mut self) {
        self.wire.flush();
    }

    pub(crate) fn wait(&self) {
        self.wire.wait();
    }

    /// Reads once, and hands over the answers that have come, with their numbers.
    pub(crate) fn answers(&mut self, mut each: impl FnMut(&mut Workload, u32, &[u8])) {
        if !self.wire.read() {
            return;
        }
        // Rare, so the copies do not matter.
        let mut others = Vec::new();
        while let Some(frame) = self.wire.frame() {
            match frame {
                Frame::Message(message) if message.subject() == REPLY_TO.as_bytes() => {
                    each(&mut self.workload, Workload::number(message.datum), message.datum);
                }
                Frame::Message(Message { head, datum }) => {
                    others.push((String::from_utf8_lossy(head).into_owned(), Some(datum.to_vec())));
                }
                Frame::Line(line) => others.push((line.to_owned(), None)),
            }
        }
        for (line, datum) in others {
            match datum {
                Some(datum) => self.server.route(&line, &datum, self.wire.output()),
                None => self.server.obey(&line, self.wire.output()),
            }
        }
    }
}

/// What comes before the datum: the verb, and with it the subject; reply address and size are added.
fn head(verb: &str) -> Vec<u8> {
    format!("{verb} {REPLY_TO} {}\r\n", Workload::new().datum(0).len()).into_bytes()
}
