//! Packets in any order, and bytes that are none.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::world::{Client, World, connect_v5, connect_v311, peer, publish};
use crate::session::serve;

#[derive(Debug, Clone)]
enum Act {
    Publish { qos: u8, id: u16, topic: &'static str },
    Release(u16),
    Acknowledge(u16),
    Ping,
}

fn act() -> impl Strategy<Value = Act> {
    let topics = vec!["kp1/v1/ext/ep-1/echo/1", "kp1/v1/ext/ep-1/echo", "kp1/v1/none/ep-1/x", "a/b", "kp1"];
    let message = (0..3_u8, 1..6_u16, prop::sample::select(topics));
    prop_oneof![
        6 => message.prop_map(|(qos, id, topic)| Act::Publish { qos, id, topic }),
        2 => (1..6_u16).prop_map(Act::Release),
        2 => (1..30_u16).prop_map(Act::Acknowledge),
        1 => Just(Act::Ping),
    ]
}

impl Act {
    fn bytes(&self) -> Vec<u8> {
        let of = |first: u8, id: u16| [&[first, 2][..], &id.to_be_bytes()].concat();
        match *self {
            Self::Publish { qos, id, topic } => {
                publish(0x30 | qos << 1, topic, if qos == 0 { 0 } else { id }, b"x")
            }
            Self::Release(id) => of(0x62, id),
            Self::Acknowledge(id) => of(0x40, id),
            Self::Ping => b"\xc0\0".to_vec(),
        }
    }

    /// The packet that has to come for it.
    fn answer(&self) -> Option<Vec<u8>> {
        let of = |first: u8, id: u16| Some([&[first, 2][..], &id.to_be_bytes()].concat());
        match *self {
            Self::Publish { qos: 1, id, .. } => of(0x40, id),
            Self::Publish { qos: 2, id, .. } => of(0x50, id),
            Self::Release(id) => of(0x70, id),
            Self::Ping => Some(b"\xd0\0".to_vec()),
            _ => None,
        }
    }
}

fn run<T>(scenario: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(scenario)
}

/// Those of one kind, in order.
fn of_kind(packets: &[Vec<u8>], kinds: [u8; 2]) -> Vec<&[u8]> {
    packets.iter().filter(|packet| kinds.contains(&packet[0])).map(Vec::as_slice).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_packet_gets_its_answer_and_messages_get_theirs_in_order(
        acts in prop::collection::vec(act(), 1..80),
        cuts in prop::collection::vec(1..200_usize, 1..20),
    ) {
        let (expected, got) = run(async {
            let world = World::new().await;
            let mut client = world.v311("a").await;
            let bytes: Vec<u8> = acts.iter().flat_map(Act::bytes).collect();
            let (mut rest, mut cuts) = (bytes.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                client.send(piece).await;
                tokio::task::yield_now().await;
                rest = behind;
            }
            let expected: Vec<_> = acts.iter().filter_map(Act::answer).collect();
            let mut got = Vec::new();
            while got.len() < expected.len() {
                let packet = client.packet().await;
                if packet[0] & 0xf0 != 0x30 {
                    got.push(packet);
                }
            }
            (expected, got)
        });
        for kinds in [[0x40, 0x50], [0x70, 0x70], [0xd0, 0xd0]] {
            let (mut expected, mut got) = (of_kind(&expected, kinds), of_kind(&got, kinds));
            if kinds == [0x70, 0x70] {
                // One that waits for its message lets others pass.
                expected.sort_unstable();
                got.sort_unstable();
            }
            prop_assert_eq!(expected, got);
        }
    }

    #[test]
    fn whatever_comes_ends_in_order(
        acts in prop::collection::vec(act(), 0..12),
        modern in any::<bool>(),
        garbage in prop::collection::vec(any::<u8>(), 0..60),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        run(async {
            let world = World::new().await;
            let mut bytes = if modern { connect_v5("a", b"") } else { connect_v311("a") };
            bytes.extend(acts.iter().flat_map(Act::bytes));
            bytes.extend(&garbage);
            for (place, byte) in &flips {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            let (near, far) = tokio::io::duplex(1 << 16);
            let task = tokio::spawn(serve(Arc::clone(&world.front), far, peer()));
            let mut client = Client { socket: near };
            client.send(&bytes).await;
            let mut answers = Vec::new();
            // Silence ends what nothing else does.
            let end = client.socket.read_to_end(&mut answers);
            tokio::time::timeout(Duration::from_secs(100_000), end).await.expect("an end").unwrap();
            drop(client);
            task.await.expect("no panic");
            assert!(answers.is_empty() || answers[0] == 0x20, "{}", answers.escape_ascii());
            assert_eq!(world.front.sessions.open(), 0);
        });
    }
}
