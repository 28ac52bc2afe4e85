//! One request, one answer.

use std::time::Duration;

use kaa_protocol::esp::ExtensionData;

use super::world::{Client, World, assert_conserved, aware, pair, quiet, said};

#[tokio::test(start_paused = true)]
async fn an_answer_comes_to_the_topic_as_it_was_asked() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/03", "hello");
    assert_eq!(client.next().await, pair("ep-1/echo/03/status", "hello"));
    client.ask("ep-1/fail/0", "");
    assert_eq!(client.next().await, pair("ep-1/fail/0/error", "404"));
    client.ask("ep-1/nothing/2147483647", "");
    assert_eq!(client.next().await, pair("ep-1/nothing/2147483647/error", "404"));
    assert_eq!(assert_conserved(&relay).answered, 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_request_id_only_an_error_is_told() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo", "hello");
    client.ask("ep-1/fail", "");
    assert_eq!(client.all().await, [pair("ep-1/fail/error", "404")]);
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(client.all().await, []);
    let counters = assert_conserved(&relay);
    assert_eq!((counters.unanswered, counters.answered), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_success_of_a_request_without_a_request_id_is_no_push() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo", "x");
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), None).await;
    assert_eq!(client.all().await, []);
    assert_eq!(assert_conserved(&relay).silent, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_says_who_asks_and_how_long() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let client = Client::of(&relay);
    client.ask("ep-1/config/json/03", "{}");
    let got = puppet.next().await;
    let data = got.data();
    assert_eq!((data.app_version_name, data.endpoint_id), ("v1", Some("ep-1")));
    assert_eq!((data.resource_path, data.request_id), ("/config/json", Some(3)));
    assert_eq!((data.payload, data.timeout), (&b"{}"[..], 30_000));
    assert!(data.timestamp >= 1_767_225_600_000);
    assert!(data.correlation_id.starts_with("kpc-0-"));
    client.ask_unaware("time/4");
    assert_eq!(puppet.next().await.data().endpoint_id, None);
}

#[tokio::test(start_paused = true)]
async fn nobody_serving_is_known_at_once() {
    let world = World::new();
    let relay = world.relay().await;
    let mut client = Client::of(&relay);
    for number in 0..10 {
        client.ask(&format!("ep-1/echo/{number}"), "");
    }
    client.ask("ep-1/echo", "");
    let all = client.all().await;
    assert_eq!(all.len(), 11);
    assert!(all.iter().all(|(topic, code)| topic.ends_with("/error") && code == "503"), "{all:?}");
    assert_eq!(assert_conserved(&relay).refused, 11);
}

#[tokio::test(start_paused = true)]
async fn no_answer_in_time_is_504_and_a_late_one_is_dropped() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    let start = tokio::time::Instant::now();
    client.ask("ep-1/echo/1", "");
    assert_eq!(client.next().await, pair("ep-1/echo/1/error", "504"));
    assert_eq!(start.elapsed().as_secs(), 30);
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), None).await;
    assert_eq!(client.all().await, []);
    let counters = assert_conserved(&relay);
    assert_eq!((counters.timed_out, counters.late), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn answers_out_of_order_and_twice_come_once_to_whom_they_belong() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let (mut one, mut two) = (Client::of(&relay), Client::of(&relay));
    one.ask("ep-1/echo/7", "first");
    one.ask("ep-1/echo/7", "second");
    two.ask("ep-2/echo/7", "third");
    let got = [puppet.next().await, puppet.next().await, puppet.next().await];
    for index in [2, 1, 1, 0, 2] {
        puppet.answer(&got[index], &got[index].echo(), None).await;
    }
    assert_eq!(one.all().await, [pair("ep-1/echo/7/status", "second"), pair("ep-1/echo/7/status", "first")]);
    assert_eq!(two.all().await, [pair("ep-2/echo/7/status", "third")]);
    let counters = assert_conserved(&relay);
    assert_eq!((counters.answered, counters.late), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_to_the_request_it_names_is_dropped() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/7", "");
    let got = puppet.next().await;
    let right = got.echo();
    for wrong in [
        ExtensionData { endpoint_id: Some("ep-2"), ..right },
        ExtensionData { extension_instance_name: Some("other"), ..right },
        ExtensionData { request_id: Some(8), ..right },
        ExtensionData { correlation_id: "somebody-else", ..right },
    ] {
        puppet.answer(&got, &wrong, None).await;
    }
    assert_eq!(client.all().await, []);
    assert_eq!(relay.counters().stray, 4);
    // It comes on the subject of the service as well.
    puppet.send("kaa.v1.service.kpc.esp.ExtensionData", &right, None).await;
    assert_eq!(client.all().await.len(), 1);
    puppet
        .bus
        .publish("kaa.v1.replica.kpc-0.esp.ExtensionData".parse().unwrap(), None, "?".into())
        .await
        .unwrap();
    quiet().await;
    assert_eq!(assert_conserved(&relay).malformed, 1);
}

#[tokio::test(start_paused = true)]
async fn who_asks_without_a_connection_is_always_answered() {
    let world = World::new();
    let relay = world.relay().await;
    let ask = async |rest: &str| said(&relay.ask(&aware(&format!("kp1/v1/ext/{rest}"), "hello")).await);
    assert_eq!(ask("ep-1/echo").await, "503");
    let _extension = world.extension("ext-0").await;
    assert_eq!(ask("ep-1/echo").await, "hello");
    assert_eq!(ask("ep-1/fail").await, "404");
    let mut asking = Box::pin(ask("ep-1/slow/5/1"));
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut asking).await.is_err());
    drop(asking);
    quiet().await;
    let counters = assert_conserved(&relay);
    assert_eq!((counters.answered, counters.refused, counters.abandoned), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_at_once_get_a_thousand_answers() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let mut clients: Vec<_> = (0..20).map(|_| Client::of(&relay)).collect();
    for number in 0..50 {
        for (index, client) in clients.iter().enumerate() {
            client.ask(&format!("ep-{index}-{}/echo/{number}", number % 10), format!("{index} {number}"));
        }
    }
    for (index, client) in clients.iter_mut().enumerate() {
        let mut answers = client.all().await;
        answers.sort();
        let expected = |number| {
            pair(&format!("ep-{index}-{}/echo/{number}/status", number % 10), &format!("{index} {number}"))
        };
        let mut all: Vec<_> = (0..50).map(expected).collect();
        all.sort();
        assert_eq!(answers, all);
    }
    assert_eq!(assert_conserved(&relay).answered, 1000);
}
