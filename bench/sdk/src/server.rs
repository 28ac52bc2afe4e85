//! As much of a NATS server as a responder needs before it is asked: it routes what the responder sends itself.

/// The subscriptions of the one connection.
#[derive(Debug, Default)]
pub(crate) struct Server(Vec<Subscription>);

#[derive(Debug)]
struct Subscription {
    filter: String,
    number: String,
}

impl Server {
    /// The number under which the connection listens to `subject`.
    pub(crate) fn number(&self, subject: &str) -> Option<&str> {
        self.0.iter().find(|known| known.filter == subject).map(|known| known.number.as_str())
    }

    /// Does what a line says.
    ///
    /// # Panics
    ///
    /// When it is an error, which a real server tells.
    pub(crate) fn obey(&mut self, line: &str, output: &mut Vec<u8>) {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["PING"] => output.extend_from_slice(b"PONG\r\n"),
            ["SUB", filter, .., number] => {
                self.0.push(Subscription { filter: filter.to_owned(), number: number.to_owned() });
            }
            // One with a limit stays until that is reached, and no responder here counts on that.
            ["UNSUB", number] => self.0.retain(|known| known.number != number),
            ["-ERR", ..] => panic!("{line}"),
            _ => {}
        }
    }

    /// Gives a message to all that listen to its subject; `head` is the subject, the reply address if there is
    /// one, and the size.
    pub(crate) fn route(&self, head: &str, datum: &[u8], output: &mut Vec<u8>) {
        let Some((subject, rest)) = head.split_once(' ') else { return };
        for known in self.0.iter().filter(|known| matches(&known.filter, subject)) {
            output.extend_from_slice(format!("MSG {subject} {} {rest}\r\n", known.number).as_bytes());
            output.extend_from_slice(datum);
            output.extend_from_slice(b"\r\n");
        }
    }
}

fn matches(filter: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for wanted in filter.split('.') {
        match (wanted, tokens.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (wanted, Some(token)) if wanted == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(server: &Server, head: &str) -> String {
        let mut output = Vec::new();
        server.route(head, b"hello", &mut output);
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_message_reaches_those_who_listen_to_its_subject() {
        let mut server = Server::default();
        for line in ["SUB a.* 1", "SUB a.b group 2", "SUB a.> 3", "SUB a 4", "UNSUB 3", "UNSUB 2 99"] {
            server.obey(line, &mut Vec::new());
        }
        assert_eq!(server.number("a.b"), Some("2"));
        assert_eq!(routed(&server, "a.b 5"), "MSG a.b 1 5\r\nhello\r\nMSG a.b 2 5\r\nhello\r\n");
        assert_eq!(routed(&server, "a back 5"), "MSG a 4 back 5\r\nhello\r\n");
        assert_eq!(routed(&server, "a.b.c 5"), "");
    }
}
