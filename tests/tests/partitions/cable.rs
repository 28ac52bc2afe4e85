//! The cable itself.

use std::io::ErrorKind;

use kaa_tests::cable::{Cable, Way};
use kaa_tests::patience::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The two ends of a connection that goes through a cable.
struct Line {
    cable: Cable,
    listener: TcpListener,
    near: TcpStream,
    far: TcpStream,
}

impl Line {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cable = Cable::to_port(listener.local_addr().unwrap().port()).await;
        let near = TcpStream::connect(cable.address()).await.unwrap();
        let (far, _) = soon("the connection", listener.accept()).await.unwrap();
        Self { cable, listener, near, far }
    }
}

async fn says(from: &mut TcpStream, to: &mut TcpStream, word: &str) {
    from.write_all(word.as_bytes()).await.unwrap();
    hears(to, word).await;
}

async fn hears(to: &mut TcpStream, word: &str) {
    let mut heard = vec![0; word.len()];
    soon("a word", to.read_exact(&mut heard)).await.unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), word);
}

#[tokio::test]
async fn what_is_sent_into_a_cut_comes_when_it_is_mended_and_what_goes_the_other_way_comes_at_once() {
    let Line { cable, mut near, mut far, .. } = Line::new().await;
    for way in [Way::ToServer, Way::FromServer] {
        let (here, there) = match way {
            Way::ToServer => (&mut near, &mut far),
            Way::FromServer => (&mut far, &mut near),
        };
        says(here, there, "before").await;
        cable.cut(way);
        here.write_all(b"held back").await.unwrap();
        says(there, here, "the other way").await;
        let early = there.try_read(&mut [0; 9]).unwrap_err();
        assert_eq!(early.kind(), ErrorKind::WouldBlock);
        cable.mend();
        hears(there, "held back").await;
        says(here, there, "after").await;
    }
}

#[tokio::test]
async fn nobody_can_send_more_into_a_cut_than_the_sockets_hold() {
    let Line { cable, near, .. } = Line::new().await;
    cable.cut(Way::ToServer);
    let mut held = 0;
    let full = loop {
        match near.try_write(&[0; 65_536]) {
            Ok(size) => held += size,
            Err(error) => break error,
        }
        assert!(held < 1 << 30, "there is no end to it");
        tokio::task::yield_now().await;
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn the_end_of_a_connection_is_held_back_as_well() {
    let Line { cable, near, mut far, .. } = Line::new().await;
    cable.cut(Way::ToServer);
    drop(near);
    // What goes to an end that is gone is refused there, and nobody here is told.
    far.write_all(b"anybody there?").await.unwrap();
    cable.cut(Way::FromServer);
    let early = far.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::WouldBlock);
    cable.mend();
    let end = soon("the end", far.read(&mut [0; 1])).await;
    assert!(matches!(end, Ok(0)) || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_reset_ends_the_connections_and_what_was_held_back_is_lost() {
    let Line { cable, listener, mut near, mut far } = Line::new().await;
    cable.cut(Way::ToServer);
    near.write_all(b"lost").await.unwrap();
    cable.reset();
    for end in [&mut near, &mut far] {
        let error = soon("the reset", end.read(&mut [0; 4])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    let mut near = TcpStream::connect(cable.address()).await.unwrap();
    let (mut far, _) = soon("another connection", listener.accept()).await.unwrap();
    says(&mut near, &mut far, "again").await;
}

#[tokio::test]
async fn a_new_connection_takes_both_ways() {
    let Line { cable, listener, mut near, mut far } = Line::new().await;
    for way in [Way::ToServer, Way::FromServer] {
        cable.cut(way);
        let mut new = TcpStream::connect(cable.address()).await.unwrap();
        // The old one tells that the cable has had the time for it.
        match way {
            Way::ToServer => says(&mut far, &mut near, "still here").await,
            Way::FromServer => says(&mut near, &mut far, "still here").await,
        }
        let accepted = tokio::select! {
            biased;
            _ = listener.accept() => true,
            () = tokio::task::yield_now() => false,
        };
        assert!(!accepted, "with {way:?} cut");
        cable.mend();
        let (mut accepted, _) = soon("the connection", listener.accept()).await.unwrap();
        says(&mut new, &mut accepted, "at last").await;
    }
}
