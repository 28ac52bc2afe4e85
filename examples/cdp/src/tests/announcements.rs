//! What is announced when much changes at once, and when something fails.

use super::fickle::Fickle;
use super::*;
use crate::configuration::Configuration;
use crate::configurations::Condition;
use crate::place::Place;

const KEY_OF_ONE: &str = "configuration/lamp-v1/ep-1/";

/// A replica on a store that fails, with so many endpoints that have asked.
async fn asked(endpoints: usize) -> (Arc<Fickle>, Replica) {
    let bus = Bus::memory();
    let store = Fickle::on(&bus).await;
    let replica = replica_on(&bus, Settings::default(), store.clone()).await;
    for number in 0..endpoints {
        let endpoint = EndpointId::from_str(&format!("ep-{number}")).unwrap();
        replica.configurations.remember(&AppVersion::from_static("lamp-v1"), &endpoint).await.unwrap();
    }
    (store, replica)
}

fn of_all() -> Place {
    Place { app_version: "lamp-v1".parse().unwrap(), endpoint: None, name: None }
}

fn text(content: &'static str) -> Configuration {
    Configuration::new(Some("text/plain"), content.into()).unwrap()
}

/// Somebody reads the key that is held.
async fn is_held(store: &Fickle) {
    tokio::time::timeout(SOON, store.waiting.acquire()).await.unwrap().unwrap().forget();
}

#[tokio::test(start_paused = true)]
async fn however_many_changes_come_while_one_is_announced_none_is_dropped() {
    let (store, replica) = asked(2).await;
    store.hold(KEY_OF_ONE);
    replica.put(ALL, "1").await;
    is_held(&store).await;
    for number in 0..300 {
        for content in ["2", "3"] {
            replica.put(&format!("/app-versions/lamp-v1/endpoints/own-{number}/config"), content).await;
        }
    }
    store.permit.add_permits(1);
    let told = replica.all_updates_until_stopped().await;
    assert_eq!(told.iter().filter(|(_, content)| content == "1").count(), 2);
    // A configuration that changed twice meanwhile is announced as what it has become.
    assert_eq!(told.iter().filter(|(_, content)| content == "3").count(), 300);
    assert_eq!(told.len(), 302);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_cannot_be_looked_up_keeps_the_announcement_from_no_other() {
    let (store, replica) = asked(20).await;
    store.break_key(KEY_OF_ONE);
    replica.put(ALL, "1").await;
    let mut told: Vec<_> =
        replica.all_updates_until_stopped().await.into_iter().map(|(name, _)| name).collect();
    told.sort_unstable();
    let mut others: Vec<_> =
        (0..20).filter(|number| *number != 1).map(|number| format!("ep-{number}")).collect();
    others.sort_unstable();
    assert_eq!(told, others);
}

#[tokio::test(start_paused = true)]
async fn what_another_replica_has_changed_meanwhile_is_not_announced_as_it_was() {
    let (store, replica) = asked(20).await;
    store.hold(KEY_OF_ONE);
    replica.put(ALL, "0").await;
    is_held(&store).await;
    replica.configurations.put(&of_all(), &text("new"), &Condition::Anything).await.unwrap();
    store.permit.add_permits(1);
    let told = replica.all_updates_until_stopped().await;
    let (before, after): (Vec<_>, Vec<_>) = told.iter().partition(|(_, content)| content == "0");
    assert_eq!((before.len() + after.len(), told[before.len()].0.as_str()), (20, "ep-1"));
    assert!(after.iter().all(|(_, content)| content == "new"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_does_not_keep_a_change_from_being_announced() {
    let (store, mut replica) = asked(0).await;
    for (method, told) in [("PUT", "1"), ("DELETE", "0")] {
        store.hold(KEY_OF_ONE);
        tokio::select! {
            biased;
            answer = replica.call(method, ONE, &[], "1") => panic!("{answer:?}"),
            () = is_held(&store) => {}
        }
        store.permit.add_permits(1);
        let event = replica.next_update().await;
        assert_eq!((&*event.endpoint_id, &event.content[..]), ("ep-1", told.as_bytes()));
        replica.configurations.put(&of_all(), &text("0"), &Condition::Anything).await.unwrap();
    }
}
