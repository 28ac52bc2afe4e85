//! Calls over HTTP, each on a connection of its own.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::patience::soon;

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The lines of the head.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A field of the head.
    ///
    /// # Panics
    ///
    /// When it is not there.
    pub fn field(&self, name: &str) -> &str {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let field = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
        field.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }

    /// The body.
    ///
    /// # Panics
    ///
    /// When it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Calls with a JSON body.
///
/// # Panics
///
/// When there is no answer.
pub async fn call(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    call_with(address, method, path, &[], body).await
}

/// Calls with further fields in the head. The body is JSON unless one of them says what it is.
///
/// # Panics
///
/// When there is no answer.
pub async fn call_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> Answer {
    let answer = soon("an answer over HTTP", exchange(address, method, path, fields, body)).await;
    answer.unwrap_or_else(|| panic!("{method} http://{address}{path} was not answered"))
}

/// Posts JSON; `None` when the connection ended before there was a whole answer.
pub async fn try_post(address: SocketAddr, path: &str, body: &str) -> Option<Answer> {
    exchange(address, "POST", path, &[], body).await
}

async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let is_json = !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let json = is_json.then_some(&("Content-Type", "application/json"));
    let fields: String =
        json.into_iter().chain(fields).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{fields}\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(address).await.ok()?;
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    // An answer that was cut is none.
    let is_whole = matches!(status, 204 | 304) || answer.field("content-length").parse() == Ok(body.len());
    is_whole.then_some(answer)
}
