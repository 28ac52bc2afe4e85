//! A device that speaks HTTP, and stays connected.

use std::net::SocketAddr;

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

use crate::world::in_time;

pub(crate) struct Web<Io = TcpStream> {
    io: BufStream<Io>,
}

impl Web {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Web<Io> {
    pub(crate) fn over(io: Io) -> Self {
        Self { io: BufStream::new(io) }
    }

    /// Asks, as nobody: the status code and the body.
    pub(crate) async fn ask(&mut self, topic: &str) -> (u16, String) {
        self.send(topic, None).await;
        self.reply().await
    }

    /// Asks with a user name and a password: the status code.
    pub(crate) async fn ask_as(&mut self, user_name: &str, password: &str, topic: &str) -> u16 {
        self.send(topic, Some((user_name, password))).await;
        self.reply().await.0
    }

    pub(crate) async fn send(&mut self, topic: &str, login: Option<(&str, &str)>) {
        let login = login.map(|(user_name, password)| {
            let encoded = BASE64.encode(format!("{user_name}:{password}").as_bytes());
            format!("Authorization: Basic {encoded}\r\n")
        });
        let login = login.unwrap_or_default();
        let request =
            format!("POST /kp1/{topic} HTTP/1.1\r\nHost: h\r\n{login}Content-Length: 5\r\n\r\nhello");
        self.io.write_all(request.as_bytes()).await.unwrap();
        self.io.flush().await.unwrap();
    }

    pub(crate) async fn reply(&mut self) -> (u16, String) {
        in_time(async {
            let status = self.line().await;
            let mut len = 0;
            loop {
                let line = self.line().await.to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(value) = line.strip_prefix("content-length: ") {
                    len = value.parse().unwrap();
                }
            }
            let mut body = vec![0; len];
            self.io.read_exact(&mut body).await.unwrap();
            let code = status.split(' ').nth(1).expect(&status).parse().unwrap();
            (code, String::from_utf8(body).unwrap())
        })
        .await
    }

    /// Waits for the end of the connection, and nothing else.
    pub(crate) async fn end(mut self) {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = in_time(self.io.read_to_end(&mut rest)).await;
        assert!(rest.is_empty(), "{}", rest.escape_ascii());
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.io.read_line(&mut line).await.unwrap();
        assert!(line.ends_with("\r\n"), "{line:?}");
        line.trim_end().to_owned()
    }
}
