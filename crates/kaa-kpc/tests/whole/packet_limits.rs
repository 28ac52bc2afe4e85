//! How large a packet may be.

use std::num::NonZeroU32;

use crate::device::{Device, End, V5, V311, Version, connect, publish};
use crate::world::World;

const LIMIT: u32 = 1000;

/// A payload with which a PUBLISH has exactly this size.
fn payload_for(version: Version, topic: &str, size: u32) -> Vec<u8> {
    let size = usize::try_from(size).unwrap();
    // The same number of bytes for the length of the packet.
    let rest = publish(version, topic, &[b'x'; 500]).len() - 500;
    let payload = vec![b'x'; size - rest];
    assert_eq!(publish(version, topic, &payload).len(), size);
    payload
}

#[tokio::test]
async fn a_packet_of_the_limit_is_taken_and_a_larger_one_ends_the_session() {
    let topic = "v1/ext/ep-1/echo/1";
    let world = World::new().await;
    let service = world.serve_with(|options| options.limits.packet = NonZeroU32::new(LIMIT).unwrap()).await;
    for version in [V311, V5] {
        let mut device = service.device(version, "a").await;
        for size in [LIMIT - 1, LIMIT] {
            let payload = payload_for(version, topic, size);
            device.publish(topic, &payload).await;
            let answered = (format!("kp1/{topic}/status"), String::from_utf8(payload).unwrap());
            assert_eq!(device.next().await, answered, "{version:?} {size}");
        }
        device.publish(topic, &payload_for(version, topic, LIMIT + 1)).await;
        assert_eq!(device.end().await, End::because(0x95, version));
    }
    assert_eq!(service.kpc.counters().front.violations, 2);
}

#[tokio::test]
async fn before_the_login_another_limit_counts() {
    const BEFORE: usize = 300;
    let world = World::new().await;
    let service = world
        .serve_with(|options| {
            options.limits.packet_before_login = NonZeroU32::new(BEFORE.try_into().unwrap()).unwrap();
        })
        .await;
    // Nobody looks at the password: it fills the CONNECT.
    let size_of = |version, len| connect(version, "a", Some(("ann", &"x".repeat(len)))).len();
    for version in [V311, V5] {
        let rest = size_of(version, 200) - 200;
        for (size, is_taken) in [(BEFORE - 1, true), (BEFORE, true), (BEFORE + 1, false)] {
            assert_eq!(size_of(version, size - rest), size);
            let password = "x".repeat(size - rest);
            let login = Some(("ann", &*password));
            let device = Device::connect(service.socket().await, version, "a", login).await;
            // It is closed without a word: how large it is comes before what is spoken.
            assert_eq!(device.err(), (!is_taken).then_some(0xff), "{version:?} {size}");
        }
        // After the login, the same size is no problem.
        let mut device = service.device(version, "b").await;
        let topic = "v1/ext/ep-1/echo/1";
        device.publish(topic, &payload_for(version, topic, LIMIT)).await;
        assert_eq!(device.next().await.0, format!("kp1/{topic}/status"));
    }
}
