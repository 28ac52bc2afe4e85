//! More than can be shown.

use std::sync::Arc;

use kaa_bus::SubjectFilter;
use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::esp::{ClientData, ExtensionData, Revision};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::browser::{Stage, Watching, echoing};

const REQUESTS: u64 = 100_000;

/// Reads until it was told of so many messages, shown or not. How many were shown, and by how many events.
async fn account(browser: &mut Watching, messages: u64) -> (u64, usize) {
    let (mut shown, mut skipped, mut events) = (0, 0, 0);
    while shown + skipped < messages {
        let (name, data) = browser.next().await;
        events += 1;
        match name.as_str() {
            // Each of them tells of one more message: the request, or its answer.
            "exchange" => shown += 1,
            "skipped" => skipped += data["count"].as_u64().unwrap(),
            _ => {}
        }
    }
    assert_eq!(shown + skipped, messages);
    (shown, events)
}

#[tokio::test(start_paused = true)]
async fn of_100_000_messages_some_are_shown_the_rest_is_counted_and_everything_is_answered() {
    let stage = Stage::new();
    // Nobody asks it for the last messages, so there are no events that tell of no message.
    let server = stage.serve(echoing().discovery(false)).await;
    let (mut fast, mut slow) = (stage.watch().await, stage.watch().await);
    fast.until("services", |_| true).await;

    let device = stage.server.connect();
    let path = "kaa.v1.replica.kpc-0.esp.ExtensionData";
    let mut answers = device.subscribe(path.parse::<SubjectFilter>().unwrap(), None).await.unwrap();
    // As many are under way as the extension takes.
    let room = Arc::new(Semaphore::new(1_000));
    let free = room.clone();
    let counting = tokio::spawn(async move {
        for _ in 0..REQUESTS {
            let answer = answers.next().await.unwrap();
            let answer = ExtensionData::decode(&answer.payload).unwrap().record;
            assert_eq!(answer.status_code, 200);
            free.add_permits(1);
        }
        answers.lost()
    });
    let reading = tokio::spawn(async move { account(&mut fast, 2 * REQUESTS).await });
    for n in 0..REQUESTS {
        let correlation_id = n.to_string();
        let request = ClientData {
            correlation_id: &correlation_id,
            app_version_name: "v1",
            endpoint_id: Some("e1"),
            resource_path: "/echo/a",
            request_id: Some(1),
            payload: &[b'x'; 6_000],
            ..ClientData::default()
        };
        let datum = request.encode(Revision::Seed).unwrap();
        room.acquire().await.unwrap().forget();
        let subject = "kaa.v1.service.echoes.esp.ClientData".parse().unwrap();
        device.publish(subject, Some(path.parse().unwrap()), datum).await.unwrap();
    }
    assert_eq!(counting.await.unwrap(), 0, "every answer is there");
    let counters = server.stop().await.unwrap().counters;
    assert_eq!((counters.answered, counters.lost), (REQUESTS, 0));

    let (shown, _) = reading.await.unwrap();
    assert!(shown >= 500, "{shown} were shown");
    // It has not read anything so far, and what waited for it was bounded.
    let (_, events) = account(&mut slow, 2 * REQUESTS).await;
    assert!(events <= 1_024 + 16, "{events} events waited");

    let mut late = stage.watch().await;
    let first = replayed(&mut late).await;
    assert!(first <= 200, "{first} were kept for one that comes later");
}

/// How many exchanges a browser gets that has just come.
async fn replayed(browser: &mut Watching) -> usize {
    let mut count = 0;
    loop {
        let (name, data) = browser.next().await;
        match name.as_str() {
            "exchange" => count += usize::from(data != Value::Null),
            "services" if count > 0 => return count,
            _ => {}
        }
    }
}
