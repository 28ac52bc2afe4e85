//! The least that speaks HTTP/1.1: one request made beforehand, and a reader that finds the end of an answer.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::PAYLOAD;

pub(crate) struct Device {
    stream: TcpStream,
    request: Vec<u8>,
    input: Vec<u8>,
}

impl Device {
    pub(crate) async fn connect(address: SocketAddr, number: usize) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let head = format!(
            "POST /kp1/v1/quickstart/device-{number:03}/echo HTTP/1.1\r\nhost: {address}\r\n\
             content-type: application/json\r\ncontent-length: {PAYLOAD}\r\n\r\n"
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(&[b'x'; PAYLOAD]);
        Self { stream, request, input: Vec::with_capacity(4096) }
    }

    pub(crate) async fn send(&mut self) {
        self.stream.write_all(&self.request).await.unwrap();
    }

    pub(crate) async fn answer(&mut self) {
        loop {
            if let Some(size) = size(&self.input) {
                assert!(self.input.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&self.input));
                self.input.drain(..size);
                return;
            }
            assert!(self.stream.read_buf(&mut self.input).await.unwrap() > 0, "the connection was closed");
        }
    }
}

/// The size of the first answer, once it is there.
fn size(input: &[u8]) -> Option<usize> {
    let head = input.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&input[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let size = head + length.trim().parse::<usize>().unwrap();
    (input.len() >= size).then_some(size)
}
