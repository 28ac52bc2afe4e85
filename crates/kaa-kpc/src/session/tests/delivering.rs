//! Answers and pushes.

use super::world::{World, error, frame, publish, publish_v5, text};

#[tokio::test(start_paused = true)]
async fn one_connection_speaks_for_many_endpoints() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    for (topic, payload) in [("kp1/v1/ext/ep-1/echo/0", "one"), ("kp1/v2/ext/ep-2/echo/2147483647", "two")] {
        client.send(&publish(0x30, topic, 0, payload.as_bytes())).await;
        client.expect(&publish(0x30, &format!("{topic}/status"), 0, payload.as_bytes())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_without_a_request_id_is_silent_and_a_failure_is_not() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(&publish(0x30, "kp1/v1/ext/ep-1/echo", 0, b"x")).await;
    client.expect_nothing().await;
    client.send(&publish(0x30, "kp1/v1/ext/ep-1/fail", 0, b"x")).await;
    client.expect(&publish(0x30, "kp1/v1/ext/ep-1/fail/error", 0, &error(404, "no such thing"))).await;
    client.send(&publish(0x30, "kp1/v1/ext/ep-1/fail/07", 0, b"x")).await;
    client.expect(&publish(0x30, "kp1/v1/ext/ep-1/fail/07/error", 0, &error(404, "no such thing"))).await;
    client.send(&publish(0x30, "kp1/v1/other/ep-1/x/1", 0, b"")).await;
    let nobody = error(503, "nobody serves other now; try again later");
    client.expect(&publish(0x30, "kp1/v1/other/ep-1/x/1/error", 0, &nobody)).await;
}

#[tokio::test(start_paused = true)]
async fn a_push_comes_without_a_subscription() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(&publish(0x30, "kp1/v1/ext/ep-1/observe", 0, b"news")).await;
    client.expect(&publish(0x30, "kp1/v1/ext/ep-1/observe/status", 0, b"news")).await;
}

#[tokio::test(start_paused = true)]
async fn a_push_has_qos_1_after_a_message_or_for_a_subscription_with_qos_1() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(&publish(0x32, "kp1/v1/ext/ep-1/observe", 3, b"news")).await;
    let mut packets = [client.packet().await, client.packet().await];
    packets.sort();
    assert_eq!(packets[0], publish(0x32, "kp1/v1/ext/ep-1/observe/status", 1, b"news"));

    let mut client = world.v311("b").await;
    client.send(&frame(0x82, &[b"\0\x01", &text("kp1/v1/ext/ep-2/#"), b"\x01"])).await;
    client.expect(b"\x90\x03\0\x01\x01").await;
    for (token, first, id) in [("ep-2", 0x32, 1), ("ep-3", 0x30, 0)] {
        client.send(&publish(0x30, &format!("kp1/v1/ext/{token}/observe"), 0, b"news")).await;
        client.expect(&publish(first, &format!("kp1/v1/ext/{token}/observe/status"), id, b"news")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_sent_than_the_client_is_ready_to_acknowledge() {
    let world = World::new().await;
    let mut client = world.v5_with("a", b"\x21\0\x02").await;
    for id in 1..=5 {
        client.send(&publish_v5(0x32, &format!("kp1/v1/ext/ep-1/echo/{id}"), id, b"")).await;
    }
    let mut answers = 0;
    let mut acknowledgements = 0;
    while acknowledgements < 5 || answers < 2 {
        match client.packet().await[0] {
            0x32 => answers += 1,
            0x40 => acknowledgements += 1,
            other => panic!("{other:x}"),
        }
    }
    client.expect_nothing().await;
    for id in 1..=3_u8 {
        client.send(&[0x40, 2, 0, id]).await;
        let answer = client.packet().await;
        assert_eq!((answer[0], answer[answer.len() - 2]), (0x32, id + 2));
        client.expect_nothing().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_takes_the_place_of_an_answer_that_is_too_large_for_the_client() {
    let world = World::new().await;
    let topic = "kp1/v1/ext/ep-1/echo/1";
    let error = error(413, "the answer exceeds your maximum packet size");
    let fits = publish_v5(0x30, &format!("{topic}/status"), 0, &[b'x'; 150]);
    for (limit, whole) in [(fits.len() - 1, false), (fits.len(), true), (fits.len() + 1, true)] {
        let limit = [b"\x27\0\0\0", &[u8::try_from(limit).unwrap()][..]].concat();
        let mut client = world.v5_with("a", &limit).await;
        client.send(&publish_v5(0x30, topic, 0, &[b'x'; 150])).await;
        let expected =
            if whole { fits.clone() } else { publish_v5(0x30, &format!("{topic}/error"), 0, &error) };
        client.expect(&expected).await;
        client.send(b"\xe0\0").await;
        client.expect_end(b"").await;
    }
    // Not even that fits, and neither is it an identifier that stays in use.
    let mut client = world.v5_with("a", b"\x27\0\0\0\x40\x21\0\x01").await;
    for id in 1..=3 {
        client.send(&publish_v5(0x32, topic, id, &[b'x'; 150])).await;
        client.expect(&[0x40, 2, 0, u8::try_from(id).unwrap()]).await;
    }
    assert_eq!(world.tally().too_large, 4);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_up_nobody_and_is_closed_in_time() {
    let world = World::new().await;
    let mut slow = world.socket_of(256);
    slow.send(&super::world::connect_v311("slow")).await;
    let mut client = world.v311("a").await;
    for _ in 0..3 {
        slow.send(&publish(0x30, "kp1/v1/ext/ep-1/echo/1", 0, &[b'x'; 150])).await;
    }
    tokio::time::sleep(std::time::Duration::from_secs(29)).await;
    client.ping().await;
    assert_eq!(world.front.sessions.open(), 2);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    client.ping().await;
    assert_eq!((world.front.sessions.open(), world.tally().slow_readers), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_may_go_on() {
    let world = World::new().await;
    // An answer fills it, and a request does not.
    let mut client = world.socket_of(64);
    client.send(&super::world::connect_v311("a")).await;
    client.expect(b"\x20\x02\0\0").await;
    let topic = |id| format!("kp1/v1/ext/{}/slow/{id}/{id}", "x".repeat(36));
    for id in 1..=2 {
        client.send(&publish(0x30, &topic(id), 0, b"")).await;
    }
    // The second answer is there when the first one goes, and has as much time.
    for id in 1..=2 {
        tokio::time::sleep(std::time::Duration::from_secs(25)).await;
        client.expect(&publish(0x30, &format!("{}/status", topic(id)), 0, b"done")).await;
    }
    client.ping().await;
}
