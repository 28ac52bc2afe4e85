//! As much of a NATS server as responders need before they are asked: it routes what they send themselves.

/// The subscriptions of all connections, which are numbered from 0.
#[derive(Debug, Default)]
pub(crate) struct Server(Vec<Subscription>);

#[derive(Debug)]
struct Subscription {
    connection: usize,
    filter: String,
    group: Option<String>,
    number: String,
}

impl Server {
    /// The number under which a connection listens to `subject`.
    pub(crate) fn number(&self, connection: usize, subject: &str) -> Option<&str> {
        let mut of_connection = self.0.iter().filter(|known| known.connection == connection);
        of_connection.find(|known| known.filter == subject).map(|known| known.number.as_str())
    }

    /// Does what a line of a connection says.
    ///
    /// # Panics
    ///
    /// When it is an error, which a real server tells.
    pub(crate) fn obey(&mut self, connection: usize, line: &str, output: &mut Vec<u8>) {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["PING"] => output.extend_from_slice(b"PONG\r\n"),
            ["SUB", filter, number] => self.subscribe(connection, filter, None, number),
            ["SUB", filter, group, number] => self.subscribe(connection, filter, Some(group), number),
            // One with a limit stays until that is reached, and no responder here counts on that.
            ["UNSUB", number] => {
                self.0.retain(|known| known.connection != connection || known.number != number);
            }
            ["-ERR", ..] => panic!("{line}"),
            _ => {}
        }
    }

    fn subscribe(&mut self, connection: usize, filter: &str, group: Option<&str>, number: &str) {
        let (filter, group, number) = (filter.to_owned(), group.map(str::to_owned), number.to_owned());
        self.0.push(Subscription { connection, filter, group, number });
    }

    /// Gives a message to all that listen to its subject, and to one of each queue group: what to write on which
    /// connection. `head` is the subject, the reply address if there is one, and the size.
    pub(crate) fn route(&self, head: &str, datum: &[u8]) -> Vec<(usize, Vec<u8>)> {
        let Some((subject, rest)) = head.split_once(' ') else { return Vec::new() };
        let mut groups = Vec::new();
        let mut listening: Vec<_> = self.0.iter().filter(|known| matches(&known.filter, subject)).collect();
        listening.retain(|known| match &known.group {
            Some(group) if groups.contains(&group) => false,
            Some(group) => {
                groups.push(group);
                true
            }
            None => true,
        });
        let frame = |known: &Subscription| {
            let line = format!("MSG {subject} {} {rest}\r\n", known.number);
            [line.as_bytes(), datum, b"\r\n"].concat()
        };
        listening.into_iter().map(|known| (known.connection, frame(known))).collect()
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

    fn server(lines: &[(usize, &str)]) -> Server {
        let mut server = Server::default();
        for (connection, line) in lines {
            server.obey(*connection, line, &mut Vec::new());
        }
        server
    }

    fn routed(server: &Server, head: &str) -> Vec<(usize, String)> {
        let text = |frame| String::from_utf8(frame).unwrap();
        server
            .route(head, b"hello")
            .into_iter()
            .map(|(connection, frame)| (connection, text(frame)))
            .collect()
    }

    #[test]
    fn a_message_reaches_those_who_listen_to_its_subject() {
        let lines = ["SUB a.* 1", "SUB a.b group 2", "SUB a.> 3", "SUB a 4", "UNSUB 3", "UNSUB 2 99"];
        let server = server(&lines.map(|line| (0, line)));
        assert_eq!(server.number(0, "a.b"), Some("2"));
        let expected = ["MSG a.b 1 5\r\nhello\r\n", "MSG a.b 2 5\r\nhello\r\n"];
        assert_eq!(routed(&server, "a.b 5"), expected.map(|frame| (0, frame.to_owned())));
        assert_eq!(routed(&server, "a back 5"), [(0, "MSG a 4 back 5\r\nhello\r\n".to_owned())]);
        assert_eq!(routed(&server, "a.b.c 5"), []);
    }

    #[test]
    fn of_several_connections_one_of_a_group_and_all_others_hear_a_message() {
        let lines =
            [(0, "SUB a group 7"), (1, "SUB a group 1"), (1, "SUB a 2"), (2, "SUB a 1"), (2, "UNSUB 1")];
        let server = server(&lines);
        assert_eq!((server.number(1, "a"), server.number(2, "a")), (Some("1"), None));
        let to: Vec<_> = routed(&server, "a 5").into_iter().map(|(connection, _)| connection).collect();
        assert_eq!(to, [0, 1]);
    }
}
