//! The two parts that the load generator plays: the NATS server itself, and a client of one.

use std::net::{TcpListener, TcpStream};

use crate::server::Server;
use crate::wire::{self, Frame, Message, Wire};
use crate::workload::{REPLY_TO, SUBJECT, Workload};

/// The other side of a responder.
pub(crate) struct Peer {
    connections: Vec<Connection>,
    /// The connections that messages are shared among.
    listeners: Vec<usize>,
    server: Server,
    workload: Workload,
    next: u32,
}

struct Connection {
    wire: Wire,
    /// What comes before every datum.
    head: Vec<u8>,
}

impl Peer {
    /// The server: takes connections, and returns when so many of them listen. They are one queue group, whose
    /// members get messages in turn.
    pub(crate) fn serve(listener: &TcpListener, listeners: usize) -> Self {
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut peer = Self::new(Vec::new());
        while peer.listeners.len() < listeners {
            wire::wait(peer.connections.iter().map(|connection| &connection.wire), Some(listener));
            if let Ok((stream, _)) = listener.accept() {
                peer.connections.push(Connection::welcomed(stream, port));
            }
            peer.answers(|_, _, _| {});
            peer.flush();
            peer.find_listeners();
        }
        peer
    }

    /// A client: returns when a responder has answered.
    pub(crate) fn connect(port: u16) -> Self {
        let mut wire = Wire::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
        let hello = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"lang\":\"bench\",\"version\":\"1\",\"protocol\":1}}\r\n\
             SUB {REPLY_TO} 1\r\nPING\r\n"
        );
        wire.output().extend_from_slice(hello.as_bytes());
        let mut peer = Self::new(vec![Connection { wire, head: head(&format!("PUB {SUBJECT}")) }]);
        peer.listeners.push(0);
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

    fn new(connections: Vec<Connection>) -> Self {
        let (server, workload) = (Server::default(), Workload::new());
        Self { connections, listeners: Vec::new(), server, workload, next: 0 }
    }

    fn find_listeners(&mut self) {
        for (index, connection) in self.connections.iter_mut().enumerate() {
            if connection.head.is_empty()
                && let Some(number) = self.server.number(index, SUBJECT)
            {
                connection.head = head(&format!("MSG {SUBJECT} {number}"));
                self.listeners.push(index);
            }
        }
    }

    /// The number that the next message has.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    /// Writes the next message; [`flush`](Self::flush) sends it.
    pub(crate) fn ask(&mut self) {
        let turn = self.listeners[self.next as usize % self.listeners.len()];
        let Connection { wire, head } = &mut self.connections[turn];
        let output = wire.output();
        output.extend_from_slice(head);
        output.extend_from_slice(self.workload.datum(self.next));
        output.extend_from_slice(b"\r\n");
        self.next += 1;
    }

    pub(crate) fn flush(&mut self) {
        for connection in &mut self.connections {
            connection.wire.flush();
        }
    }

    pub(crate) fn wait(&self) {
        wire::wait(self.connections.iter().map(|connection| &connection.wire), None);
    }

    /// Reads once, and hands over the answers that have come, with their numbers.
    pub(crate) fn answers(&mut self, mut each: impl FnMut(&mut Workload, u32, &[u8])) {
        // Rare, so the copies do not matter.
        let mut others = Vec::new();
        for (index, Connection { wire, .. }) in self.connections.iter_mut().enumerate() {
            if !wire.read() {
                continue;
            }
            while let Some(frame) = wire.frame() {
                match frame {
                    Frame::Message(message) if message.subject() == REPLY_TO.as_bytes() => {
                        each(&mut self.workload, Workload::number(message.datum), message.datum);
                    }
                    Frame::Message(Message { head, datum }) => {
                        others.push((
                            index,
                            String::from_utf8_lossy(head).into_owned(),
                            Some(datum.to_vec()),
                        ));
                    }
                    Frame::Line(line) => others.push((index, line.to_owned(), None)),
                }
            }
        }
        for (index, line, datum) in others {
            let Some(datum) = datum else {
                self.server.obey(index, &line, self.connections[index].wire.output());
                continue;
            };
            for (index, frame) in self.server.route(&line, &datum) {
                self.connections[index].wire.output().extend_from_slice(&frame);
            }
        }
    }
}

impl Connection {
    /// One that a server has just taken.
    fn welcomed(stream: TcpStream, port: u16) -> Self {
        let mut wire = Wire::new(stream);
        let information = format!(
            "INFO {{\"server_id\":\"bench\",\"server_name\":\"bench\",\"version\":\"2.15.1\",\"proto\":1,\
             \"host\":\"127.0.0.1\",\"port\":{port},\"headers\":true,\"max_payload\":1048576,\"client_id\":1}}\r\n"
        );
        wire.output().extend_from_slice(information.as_bytes());
        wire.flush();
        Self { wire, head: Vec::new() }
    }
}

/// What comes before the datum: the verb, and with it the subject; reply address and size are added.
fn head(verb: &str) -> Vec<u8> {
    format!("{verb} {REPLY_TO} {}\r\n", Workload::new().datum(0).len()).into_bytes()
}
