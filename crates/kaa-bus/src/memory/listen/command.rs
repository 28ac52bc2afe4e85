//! What clients say.

use bytes::{Buf, Bytes, BytesMut};
use kaa_protocol::subject::{Subject, SubjectFilter};

use super::greeting::Connect;
use crate::memory::peer::MAX_PAYLOAD;
use crate::memory::router::QueueGroup;
use crate::message::Outgoing;
use crate::trace::{TRACEPARENT, TRACESTATE, TraceContext};

/// How long a line may be, as with nats-server.
const LINE: usize = 4_096;

/// One command.
#[derive(Debug)]
pub(super) enum Command {
    Connect(Connect),
    Ping,
    Pong,
    Publish(Outgoing),
    Subscribe {
        sid: Bytes,
        filter: SubjectFilter,
        queue_group: Option<QueueGroup>,
    },
    Unsubscribe {
        sid: Bytes,
        after: Option<u64>,
    },
    /// It is passed over, and the client hears why.
    Ignored(Ignored),
}

/// Why nothing comes of a command, in the words of nats-server. The client stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Ignored {
    #[error("Invalid Subject")]
    Filter,
    #[error("Invalid Publish Subject")]
    Subject,
}

/// Why a client is not listened to any longer, in the words of nats-server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("Unknown Protocol Operation")]
    Operation,
    #[error("Parser Error")]
    Syntax,
    #[error("Maximum Control Line Exceeded")]
    Line,
    #[error("Maximum Payload Violation")]
    Payload,
}

impl Command {
    /// The next command, once all of it is there.
    pub(super) fn take(input: &mut BytesMut) -> Result<Option<Self>, Refused> {
        let Some(end) = input.iter().take(LINE).position(|byte| *byte == b'\n') else {
            return if input.len() < LINE { Ok(None) } else { Err(Refused::Line) };
        };
        let line = input.get(..end).unwrap_or_default();
        let line = std::str::from_utf8(line.trim_ascii_end()).map_err(|_| Refused::Syntax)?;
        let (operation, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let mut words = rest.split_ascii_whitespace();
        let mut word = || words.next();
        let command = match operation.to_ascii_uppercase().as_str() {
            "PUB" | "HPUB" => return publication(operation.len() == 4, rest)?.take(end + 1, input),
            "CONNECT" => Self::Connect(serde_json::from_str(rest).map_err(|_| Refused::Syntax)?),
            "PING" => Self::Ping,
            "PONG" => Self::Pong,
            "SUB" => {
                let (filter, second, third) = (word(), word(), word());
                let (group, sid) = if third.is_some() { (second, third) } else { (None, second) };
                let (filter, sid) = (filter.ok_or(Refused::Syntax)?.parse(), text(sid)?);
                let queue_group = group.map(QueueGroup::from);
                match filter {
                    Ok(filter) => Self::Subscribe { sid, filter, queue_group },
                    Err(_) => Self::Ignored(Ignored::Filter),
                }
            }
            "UNSUB" => {
                let sid = text(word())?;
                // What is no such number means at once: clients write the largest one there is.
                let after = word().and_then(|word| word.parse::<u32>().ok()).filter(|after| *after > 0);
                Self::Unsubscribe { sid, after: after.map(u64::from) }
            }
            _ => return Err(Refused::Operation),
        };
        input.advance(end + 1);
        Ok(Some(command))
    }
}

/// The line of a message that is published.
struct Publication {
    /// Where it goes, and where answers go; `None` when that cannot be.
    subjects: Option<(Subject, Option<Subject>)>,
    headers: usize,
    all: usize,
}

fn publication(has_headers: bool, words: &str) -> Result<Publication, Refused> {
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    let (subject, reply_to, headers, all) = match (has_headers, words.as_slice()) {
        (false, [subject, all]) => (subject, None, 0, number(all)?),
        (false, [subject, reply_to, all]) => (subject, Some(reply_to), 0, number(all)?),
        (true, [subject, headers, all]) => (subject, None, number(headers)?, number(all)?),
        (true, [subject, reply_to, headers, all]) => {
            (subject, Some(reply_to), number(headers)?, number(all)?)
        }
        _ => return Err(Refused::Syntax),
    };
    if all > MAX_PAYLOAD {
        return Err(Refused::Payload);
    }
    let reply_to = reply_to.map(|reply_to| reply_to.parse()).transpose();
    let subjects = subject.parse().ok().zip(reply_to.ok());
    Ok(Publication { subjects, headers, all })
}

impl Publication {
    /// With what follows the line, of which there may not be enough yet.
    fn take(self, line: usize, input: &mut BytesMut) -> Result<Option<Command>, Refused> {
        let Self { subjects, headers, all } = self;
        if input.len() < line + all + 2 {
            input.reserve(line + all + 2 - input.len());
            return Ok(None);
        }
        if input.get(line + all..line + all + 2) != Some(b"\r\n") || headers > all {
            return Err(Refused::Syntax);
        }
        input.advance(line);
        let mut payload = input.split_to(all).freeze();
        input.advance(2);
        let trace = trace(&payload.split_to(headers));
        let publish = |(subject, reply_to)| Command::Publish(Outgoing { subject, reply_to, payload, trace });
        Ok(Some(subjects.map_or(Command::Ignored(Ignored::Subject), publish)))
    }
}

/// The trace of a message with these headers.
fn trace(headers: &[u8]) -> Option<TraceContext> {
    let fields = || {
        let lines = headers.split(|byte| *byte == b'\n').skip(1);
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((line.get(..colon)?, line.get(colon + 1..)?.trim_ascii()))
        })
    };
    let values = |name: &'static str| {
        fields().filter(move |(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    };
    TraceContext::of_headers(values(TRACEPARENT), values(TRACESTATE))
}

fn number(word: &str) -> Result<usize, Refused> {
    word.parse::<u32>().ok().and_then(|number| number.try_into().ok()).ok_or(Refused::Syntax)
}

fn text(word: Option<&str>) -> Result<Bytes, Refused> {
    word.map(|word| Bytes::copy_from_slice(word.as_bytes())).ok_or(Refused::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_command_is_taken_once_all_of_it_is_there() {
        let headers = format!("NATS/1.0\r\nX: y\r\nTraceparent: {PARENT}\r\n\r\n");
        let said = format!("HPUB a.b  c {} {}\r\n{headers}hi\r\nPING\r\n", headers.len(), headers.len() + 2);
        let mut input = BytesMut::new();
        let mut taken = Vec::new();
        for byte in said.bytes() {
            input.extend_from_slice(&[byte]);
            taken.extend(Command::take(&mut input).unwrap());
        }
        let [Command::Publish(message), Command::Ping] = taken.as_slice() else { panic!("{taken:?}") };
        let Outgoing { subject, reply_to, payload, trace } = message;
        assert_eq!(
            (subject.as_str(), reply_to.as_ref().unwrap().as_str(), &payload[..]),
            ("a.b", "c", b"hi".as_slice())
        );
        assert_eq!(trace.as_ref().unwrap().parent().to_string(), PARENT);
        assert!(input.is_empty());
    }

    #[test]
    fn whatever_is_said_is_a_command_or_refused() {
        let pieces = [
            "PUB",
            "HPUB",
            "SUB",
            "UNSUB",
            "CONNECT",
            " ",
            "\t",
            "a",
            ">",
            "1",
            "4294967296",
            "{}",
            "\r\n",
            "\n",
            "\u{0}",
            "é",
        ];
        // Every sequence of four of them, which are few enough.
        let count = pieces.len();
        for number in 0..count.pow(4) {
            let said: String = (0..4).map(|digit| pieces[number / count.pow(digit) % count]).collect();
            let mut input = BytesMut::from(said.as_bytes());
            let before = input.len();
            while let Ok(Some(_)) = Command::take(&mut input) {}
            assert!(input.len() <= before);
        }
    }
}
