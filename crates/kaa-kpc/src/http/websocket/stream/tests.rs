//! The stream against a client that others wrote. Time is paused: waiting takes none.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;

use super::*;

type Client = WebSocketStream<DuplexStream>;

async fn pair_with(limits: Limits) -> (Client, ByteStream<DuplexStream>) {
    let (ours, theirs) = duplex(64 * 1024);
    let client = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
    (client, ByteStream::new(theirs, &limits))
}

async fn pair() -> (Client, ByteStream<DuplexStream>) {
    pair_with(Limits::default()).await
}

async fn read(stream: &mut ByteStream<DuplexStream>, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let read = stream.read_exact(&mut bytes);
    timeout(Duration::from_secs(60), read).await.expect("something comes").unwrap();
    bytes
}

async fn next(client: &mut Client) -> Option<Message> {
    let next = timeout(Duration::from_secs(60), client.next()).await.expect("something comes");
    next.map(Result::unwrap)
}

fn binary(bytes: impl Into<Bytes>) -> Message {
    Message::Binary(bytes.into())
}

/// The stream ends for its reader, and the client is told why.
async fn assert_ends(mut client: Client, mut stream: ByteStream<DuplexStream>, code: CloseCode) {
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0);
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0, "once more");
    let Some(Message::Close(Some(frame))) = next(&mut client).await else { panic!("no goodbye") };
    assert_eq!(frame.code, code);
    let shutdown = tokio::spawn(async move { stream.shutdown().await });
    assert!(client.next().await.is_none_or(|end| end.is_err()));
    drop(client);
    shutdown.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn messages_and_packets_need_not_end_together() {
    let (mut client, mut stream) = pair().await;
    for part in [&b"ab"[..], b"", b"cdefg", b"h"] {
        client.send(binary(part)).await.unwrap();
    }
    assert_eq!(read(&mut stream, 3).await, b"abc");
    assert_eq!(read(&mut stream, 5).await, b"defgh");
}

#[tokio::test(start_paused = true)]
async fn a_message_may_come_in_fragments() {
    let (mut client, mut stream) = pair().await;
    for (part, opcode, is_final) in
        [("ab", Data::Binary, false), ("", Data::Continue, false), ("cd", Data::Continue, true)]
    {
        let frame = Frame::message(part, OpCode::Data(opcode), is_final);
        client.send(Message::Frame(frame)).await.unwrap();
        client.send(Message::Ping("x".into())).await.unwrap();
    }
    assert_eq!(read(&mut stream, 4).await, b"abcd");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_between_two_flushes_is_one_message() {
    let (mut client, mut stream) = pair().await;
    stream.write_all(b"ab").await.unwrap();
    stream.write_all(b"cd").await.unwrap();
    assert!(timeout(Duration::from_secs(1), client.next()).await.is_err(), "nothing goes by itself");
    stream.flush().await.unwrap();
    assert_eq!(next(&mut client).await, Some(binary("abcd")));
    stream.flush().await.unwrap();
    stream.write_all(b"e").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(next(&mut client).await, Some(binary("e")));
}

#[tokio::test(start_paused = true)]
async fn a_long_packet_goes_out_in_several_messages() {
    for (len, messages) in [(MESSAGE - 1, 1), (MESSAGE, 1), (MESSAGE + 1, 2), (10 * MESSAGE, 10)] {
        let (mut client, mut stream) = pair().await;
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
        stream.write_all(&sent).await.unwrap();
        stream.flush().await.unwrap();
        let mut received = Vec::new();
        for _ in 0..messages {
            received.extend_from_slice(&next(&mut client).await.unwrap().into_data());
        }
        assert!(received == sent, "{len}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_up_the_writer() {
    let (mut client, mut stream) = pair().await;
    let sent = vec![7; 200_000];
    let mut written = 0;
    while let Ok(wrote) = timeout(Duration::from_secs(1), stream.write(&sent[written..])).await {
        written += wrote.unwrap();
    }
    assert!((65_536..80_000).contains(&written), "{written}");
    let writer = tokio::spawn(async move {
        stream.write_all(&sent[written..]).await.unwrap();
        stream.flush().await.unwrap();
        stream
    });
    let mut received = 0;
    while received < 200_000 {
        received += next(&mut client).await.unwrap().len();
    }
    assert_eq!(received, 200_000);
    writer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_is_read_while_it_comes() {
    let (mut client, mut stream) = pair().await;
    // A message of a terabyte has begun.
    let head = [0x82, 0xff, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    client.get_mut().write_all(&head).await.unwrap();
    client.get_mut().write_all(b"CONNECT").await.unwrap();
    assert_eq!(read(&mut stream, 7).await, b"CONNECT");
    for _ in 0..10 {
        client.get_mut().write_all(&[1; 10_000]).await.unwrap();
        assert_eq!(read(&mut stream, 10_000).await, [1; 10_000]);
    }
}

#[tokio::test(start_paused = true)]
async fn text_is_not_understood() {
    let (mut client, stream) = pair().await;
    client.send(Message::Text("CONNECT".into())).await.unwrap();
    assert_ends(client, stream, CloseCode::Unsupported).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_understood_ends_after_what_was() {
    let (mut client, mut stream) = pair().await;
    client.send(binary("ab")).await.unwrap();
    // Not masked.
    client.get_mut().write_all(&[0x82, 0x01, b'c']).await.unwrap();
    assert_eq!(read(&mut stream, 2).await, b"ab");
    assert_ends(client, stream, CloseCode::Protocol).await;
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_and_not_read() {
    let (mut client, mut stream) = pair().await;
    client.send(Message::Ping("are you there?".into())).await.unwrap();
    client.send(Message::Pong("unasked".into())).await.unwrap();
    client.send(binary("x")).await.unwrap();
    assert_eq!(read(&mut stream, 1).await, b"x");
    assert_eq!(next(&mut client).await, Some(Message::Pong("are you there?".into())));
}

#[tokio::test(start_paused = true)]
async fn what_is_of_no_use_comes_at_the_pace_of_messages() {
    let limits = Limits {
        messages_per_second: 10.try_into().unwrap(),
        burst: 1.try_into().unwrap(),
        ..Limits::default()
    };
    for vain in [Message::Ping("".into()), Message::Pong("".into()), binary("")] {
        let (mut client, mut stream) = pair_with(limits).await;
        for _ in 0..30 {
            client.send(vain.clone()).await.unwrap();
        }
        client.send(binary("x")).await.unwrap();
        let start = Instant::now();
        assert_eq!(read(&mut stream, 1).await, b"x");
        assert_eq!(start.elapsed(), Duration::from_secs(2), "{vain:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fragments_without_content_are_of_no_use_either() {
    let limits = Limits {
        messages_per_second: 10.try_into().unwrap(),
        burst: 1.try_into().unwrap(),
        ..Limits::default()
    };
    let (mut client, mut stream) = pair_with(limits).await;
    let fragment = |text: &'static str, data, is_final| {
        Message::Frame(Frame::message(text, OpCode::Data(data), is_final))
    };
    client.send(fragment("", Data::Binary, false)).await.unwrap();
    for _ in 0..29 {
        client.send(fragment("", Data::Continue, false)).await.unwrap();
    }
    let start = Instant::now();
    assert!(timeout(Duration::from_secs(1), stream.read(&mut [0; 1])).await.is_err());
    client.send(fragment("x", Data::Continue, true)).await.unwrap();
    assert_eq!(read(&mut stream, 1).await, b"x");
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_is_answered_and_is_the_end() {
    let (mut client, mut stream) = pair().await;
    client.send(binary("x")).await.unwrap();
    client.close(None).await.unwrap();
    assert_eq!(read(&mut stream, 1).await, b"x");
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0);
    assert_eq!(next(&mut client).await, Some(Message::Close(None)));
    assert!(stream.write_all(b"late").await.is_err() || stream.flush().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_is_the_end_too() {
    let (client, mut stream) = pair().await;
    drop(client);
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0);
    let _ = stream.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_says_goodbye_after_what_was_written() {
    let (mut client, mut stream) = pair().await;
    stream.write_all(b"DISCONNECT").await.unwrap();
    let shutdown = tokio::spawn(async move { stream.shutdown().await });
    assert_eq!(next(&mut client).await, Some(binary("DISCONNECT")));
    let Some(Message::Close(Some(frame))) = next(&mut client).await else { panic!("no goodbye") };
    assert_eq!(frame.code, CloseCode::Normal);
    // The answer goes out with the next read, and then the server hangs up first.
    assert_eq!(next(&mut client).await, None);
    drop(client);
    let start = Instant::now();
    shutdown.await.unwrap().unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_no_goodbye_is_waited_for_two_seconds() {
    let (_client, mut stream) = pair().await;
    let start = Instant::now();
    stream.shutdown().await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[test]
fn a_connection_keeps_little_even_after_large_messages() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let frame = [&[0x82, 0xfe, 0xea, 0x60, 0, 0, 0, 0][..], &[1; 60_000]].concat();
    let (frames, mut packet) = (frame.repeat(10), vec![0; 60_000]);
    let network = tokio::io::join(&frames[..], tokio::io::sink());
    let mut stream = ByteStream::new(network, &Limits::default());
    let kept = allocation_counter::measure(|| {
        runtime.block_on(async {
            for _ in 0..10 {
                stream.read_exact(&mut packet).await.unwrap();
                assert_eq!(packet, [1; 60_000]);
                stream.write_all(&packet).await.unwrap();
                stream.flush().await.unwrap();
            }
        });
    });
    assert!(kept.bytes_max <= 3 * MESSAGE as u64, "{kept:?}");
    assert!(size_of::<ByteStream<()>>() <= 512);
}
