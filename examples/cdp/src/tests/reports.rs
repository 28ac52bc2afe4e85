//! What endpoints report of their configurations.

use kaa_ext::protocol::cdtp::ConfigApplied;

use super::fickle::Fickle;
use super::*;

const REPORTS: &str = "/app-versions/lamp-v1/endpoints/ep-1/applied";

fn report(config_id: &str, status_code: i32, timestamp: i64) -> ConfigApplied {
    ConfigApplied {
        app_version_name: "lamp-v1".into(),
        endpoint_id: "ep-1".into(),
        config_id: config_id.into(),
        status_code,
        timestamp,
        ..ConfigApplied::default()
    }
}

/// Reports, and waits until everything that was asked and reported so far has been handled.
async fn reported(replica: &Replica, events: &[ConfigApplied], messages: u64) {
    for event in events {
        replica.cmx.publish_event(event).await.unwrap();
    }
    while replica.running.counters().in_flight() > 0 || replica.running.counters().received < messages {
        tokio::time::advance(Duration::from_millis(1)).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_endpoint_reported_is_kept_by_name() {
    let replica = in_memory(&Bus::memory()).await;
    replica.put(&format!("{ALL}?name=network"), "1").await;
    let id = replica.ask("ep-1", Some("network"), None).await.config_id.unwrap();
    reported(&replica, &[report(&id, 500, 10), report(&id, 200, 5), report("other", 200, 20)], 4).await;
    let kept = json!([{ "name": "network", "isCurrent": true, "configId": &*id, "statusCode": 500,
        "reasonPhrase": null, "reportedAt": 10 }]);
    assert_eq!(replica.json(REPORTS).await, kept);
    replica.put(&format!("{ALL}?name=network"), "2").await;
    assert_eq!(replica.json(REPORTS).await[0]["isCurrent"], false);
}

#[tokio::test(start_paused = true)]
async fn a_report_is_kept_without_going_through_the_store() {
    let bus = Bus::memory();
    let store = Fickle::on(&bus).await;
    let replica = replica_on(&bus, Settings::default(), store.clone()).await;
    // Nothing is announced of an endpoint's own, so nobody looks for those who have asked.
    replica.put(ONE, "1").await;
    replica.put(&format!("{ONE}?name=network"), "2").await;
    let (own, named) =
        (replica.ask("ep-1", None, None).await, replica.ask("ep-1", Some("network"), None).await);
    let ids = [own.config_id.unwrap(), named.config_id.unwrap()];
    reported(&replica, &ids.map(|id| report(&id, 200, 1)), 4).await;
    assert_eq!(store.scans(), 0);
    assert_eq!(replica.json(REPORTS).await.as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_ahead_does_not_hide_what_is_said_of_the_next_configuration() {
    let replica = in_memory(&Bus::memory()).await;
    for (number, timestamp) in [(1, 4_000_000_000_000), (2, 5)] {
        replica.call("PUT", ONE, &[], number.to_string()).await;
        let id = replica.ask("ep-1", None, None).await.config_id.unwrap();
        reported(&replica, &[report(&id, 200, timestamp)], 2 * number).await;
        let kept = &replica.json(REPORTS).await[0];
        assert_eq!((kept["configId"].as_str(), kept["reportedAt"].as_i64()), (Some(&*id), Some(timestamp)));
    }
}
