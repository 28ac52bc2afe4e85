//! The least that speaks MQTT 3.1.1: bytes made beforehand, and a reader that finds the end of a packet.

use std::net::SocketAddr;

use kaa_tests::patience::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::PAYLOAD;

pub(crate) struct Device {
    stream: TcpStream,
    publish: Vec<u8>,
    input: Vec<u8>,
    qos: u8,
}

impl Device {
    pub(crate) async fn connect(address: SocketAddr, number: usize, qos: u8) -> Self {
        let stream = login(TcpStream::connect(address).await.unwrap(), &format!("bench-{number}")).await;
        Self::new(stream, &format!("kp1/v1/quickstart/device-{number:03}/echo/42"), qos)
    }

    /// For a server that gives back what it gets.
    pub(crate) async fn without_login(address: SocketAddr, number: usize) -> Self {
        let connecting = async {
            loop {
                match TcpStream::connect(address).await {
                    Ok(stream) => break stream,
                    // Its process starts.
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        let stream = soon("a connection", connecting).await;
        stream.set_nodelay(true).unwrap();
        Self::new(stream, &format!("kp1/v1/quickstart/device-{number:03}/echo/42/status"), 0)
    }

    fn new(stream: TcpStream, topic: &str, qos: u8) -> Self {
        let mut body = u16::try_from(topic.len()).unwrap().to_be_bytes().to_vec();
        body.extend_from_slice(topic.as_bytes());
        if qos > 0 {
            body.extend_from_slice(&7u16.to_be_bytes());
        }
        body.extend_from_slice(&[b'x'; PAYLOAD]);
        let mut publish = vec![0x30 | qos << 1];
        let length = body.len();
        publish.extend_from_slice(&[0x80 | (length % 128) as u8, (length / 128) as u8]);
        publish.extend_from_slice(&body);
        Self { stream, publish, input: Vec::with_capacity(4096), qos }
    }

    pub(crate) async fn send(&mut self) {
        self.stream.write_all(&self.publish).await.unwrap();
    }

    /// The answer, and with QoS 1 both acknowledgements.
    pub(crate) async fn answer(&mut self) {
        let (mut answered, mut acknowledged) = (false, self.qos == 0);
        while !answered || !acknowledged {
            let packet = self.packet().await;
            match packet[0] >> 4 {
                3 => {
                    let start = if packet[1] < 0x80 { 2 } else { 3 };
                    let topic_end =
                        start + 2 + usize::from(u16::from_be_bytes([packet[start], packet[start + 1]]));
                    assert!(packet[..topic_end].ends_with(b"/status"), "an error came");
                    if self.qos > 0 {
                        self.stream
                            .write_all(&[0x40, 2, packet[topic_end], packet[topic_end + 1]])
                            .await
                            .unwrap();
                    }
                    answered = true;
                }
                4 => acknowledged = true,
                other => panic!("a packet of type {other}"),
            }
        }
    }

    async fn packet(&mut self) -> Vec<u8> {
        loop {
            if let Some(size) = size(&self.input) {
                return self.input.drain(..size).collect();
            }
            assert!(self.stream.read_buf(&mut self.input).await.unwrap() > 0, "the connection was closed");
        }
    }
}

/// Logs a client in; it promises to be heard every 1,000 seconds.
pub(crate) async fn login(mut stream: TcpStream, client_id: &str) -> TcpStream {
    stream.set_nodelay(true).unwrap();
    let mut connect = vec![0x10, (12 + client_id.len()) as u8, 0, 4];
    connect.extend_from_slice(b"MQTT\x04\x02\x03\xe8\x00");
    connect.push(client_id.len() as u8);
    connect.extend_from_slice(client_id.as_bytes());
    stream.write_all(&connect).await.unwrap();
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).await.unwrap();
    assert_eq!(connack, [0x20, 2, 0, 0]);
    stream
}

/// The size of the first packet, once it is there.
fn size(input: &[u8]) -> Option<usize> {
    let (mut length, mut shift) = (0, 0);
    for (index, byte) in input.iter().enumerate().skip(1) {
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            let size = index + 1 + length;
            return (input.len() >= size).then_some(size);
        }
    }
    None
}
