//! A socket that carries the NATS protocol, without waiting in it.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// More than a window of messages, so that one system call reads what is there.
const ROOM: usize = 1 << 20;

/// How long nothing may come before the other side counts as lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the other side says.
pub(crate) enum Frame<'a> {
    /// A PUB or MSG, or one of those with headers.
    Message(Message<'a>),
    /// Anything else, which is one line.
    Line(&'a str),
}

pub(crate) struct Message<'a> {
    /// The words of its head, from the subject on.
    pub(crate) head: &'a [u8],
    pub(crate) datum: &'a [u8],
}

impl Message<'_> {
    pub(crate) fn subject(&self) -> &[u8] {
        self.head.split(|byte| *byte == b' ').next().unwrap_or_default()
    }
}

pub(crate) struct Wire {
    stream: TcpStream,
    input: Vec<u8>,
    taken: usize,
    filled: usize,
    output: Vec<u8>,
    written: usize,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_nonblocking(true).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            input: vec![0; ROOM],
            taken: 0,
            filled: 0,
            output: Vec::with_capacity(ROOM),
            written: 0,
        }
    }

    /// Where to write what [`flush`](Self::flush) sends.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Sends as much as the socket takes.
    pub(crate) fn flush(&mut self) {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(size) => self.written += size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("the connection is lost: {error}"),
            }
        }
        self.output.clear();
        self.written = 0;
    }

    /// Reads once; whether something had come.
    pub(crate) fn read(&mut self) -> bool {
        self.input.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        match self.stream.read(&mut self.input[self.filled..]) {
            Ok(0) => panic!("the other side has closed the connection"),
            Ok(size) => self.filled += size,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("the connection is lost: {error}"),
        }
        true
    }

    fn awaited(&self) -> PollFd<'_> {
        let has_more = self.written < self.output.len();
        PollFd::new(&self.stream, if has_more { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN })
    }

    /// The next whole frame of what was read.
    pub(crate) fn frame(&mut self) -> Option<Frame<'_>> {
        let input = &self.input[self.taken..self.filled];
        let line = input.iter().position(|byte| *byte == b'\n')?;
        let (words, rest) = (&input[..line], &input[line + 1..]);
        let words = words.strip_suffix(b"\r").unwrap_or(words);
        let with_headers = words.starts_with(b"HPUB ") || words.starts_with(b"HMSG ");
        let words = if with_headers { &words[1..] } else { words };
        let Some(head) = words.strip_prefix(b"PUB ").or_else(|| words.strip_prefix(b"MSG ")) else {
            self.taken += line + 1;
            return Some(Frame::Line(str::from_utf8(words).unwrap()));
        };
        let mut sizes =
            head.rsplit(|byte| *byte == b' ').map_while(|word| str::from_utf8(word).ok()?.parse().ok());
        let size: usize = sizes.next()?;
        let headers = if with_headers { sizes.next()? } else { 0 };
        let datum = rest.get(..size + 2)?;
        self.taken += line + 1 + size + 2;
        Some(Frame::Message(Message { head, datum: &datum[headers..size] }))
    }
}

/// Sleeps until there is something to read, room for what is to be sent, or somebody who wants to connect.
///
/// # Panics
///
/// When nothing happens for 30 seconds.
pub(crate) fn wait<'a>(wires: impl Iterator<Item = &'a Wire>, listener: Option<&'a TcpListener>) {
    let newcomers = listener.map(|listener| PollFd::new(listener, PollFlags::IN));
    let mut awaited: Vec<_> = wires.map(Wire::awaited).chain(newcomers).collect();
    let patience = Timespec::try_from(PATIENCE).unwrap();
    let ready = poll(&mut awaited, Some(&patience)).unwrap();
    assert!(ready > 0, "nothing has come for {PATIENCE:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole_whatever_the_pieces_they_come_in() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut wire = Wire::new(listener.accept().unwrap().0);
        let mut seen = Vec::new();
        for byte in
            b"PING\r\nMSG a.b 1 back 5\r\nhello\r\nHPUB c 12 17\r\nNATS/1.0\r\n\r\nworld\r\nPUB d 0\r\n\r\n"
        {
            sender.write_all(&[*byte]).unwrap();
            wait([&wire].into_iter(), None);
            wire.read();
            while let Some(frame) = wire.frame() {
                seen.push(match frame {
                    Frame::Line(line) => line.to_owned(),
                    Frame::Message(message) => {
                        format!(
                            "{:?} {:?}",
                            String::from_utf8_lossy(message.subject()),
                            String::from_utf8_lossy(message.datum)
                        )
                    }
                });
            }
        }
        assert_eq!(seen, ["PING", r#""a.b" "hello""#, r#""c" "world""#, r#""d" """#]);
    }
}
