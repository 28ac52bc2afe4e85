//! A REST port and who calls it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::patience::soon;

/// A REST port of a service.
#[derive(Debug, Clone, Copy)]
pub struct Rest(pub SocketAddr);

/// What it answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Rest {
    /// Calls it with these header fields, each a line, and this body.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn call(self, method: &str, path: &str, fields: &[&str], body: &str) -> Answer {
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n{fields}\r\n{body}",
            self.0,
            body.len()
        );
        let exchange = async {
            let mut socket = TcpStream::connect(self.0).await.expect("a REST port");
            socket.write_all(request.as_bytes()).await.expect("a request is taken");
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.expect("an answer in UTF-8");
            answer
        };
        let answer = soon("an answer of a REST port", exchange).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The same with JSON.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn json(self, method: &str, path: &str, body: &serde_json::Value) -> Answer {
        self.call(method, path, &["Content-Type: application/json"], &body.to_string()).await
    }
}

impl Answer {
    /// A field of the head; empty when there is none.
    pub fn field(&self, name: &str) -> &str {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}
