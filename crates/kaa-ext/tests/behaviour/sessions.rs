//! Affinity and pushes.

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use serde_json::json;
use tokio::sync::Mutex;

#[derive(Clone, Default, FromRef)]
struct App {
    sessions: Arc<Mutex<Vec<Session>>>,
}

#[resource("/observe/{pin}")]
async fn observe(pin: bool, session: Session, State(sessions): State<Arc<Mutex<Vec<Session>>>>) -> () {
    if pin {
        session.pin();
    } else {
        session.unpin();
    }
    sessions.lock().await.push(session);
}

#[resource("/plain")]
async fn plain() -> () {}

async fn kaa() -> (TestKaa, App) {
    let app = App::default();
    let resources = resources![observe, plain];
    let extension =
        Extension::new("ext").replica("ext-0").state(app.clone()).resources(resources).build().unwrap();
    (TestKaa::start(extension).await, app)
}

#[tokio::test(start_paused = true)]
async fn a_pinned_session_comes_to_the_replica_that_pinned_it() {
    let (kaa, _) = kaa().await;
    let device = kaa.endpoint("ep-1");
    let replica = "kaa.v1.replica.ext-0.esp.ClientData".parse::<kaa_ext::protocol::subject::SubjectFilter>();
    let mut pinned = kaa.bus().subscribe(replica.unwrap(), None).await.unwrap();
    device.request("/plain").await.assert_status(200);
    assert!(!device.is_pinned());
    device.request("/observe/true").await.assert_status(200);
    assert!(device.is_pinned());
    device.request("/observe/false").await.assert_status(200);
    assert!(!device.is_pinned());
    device.request("/plain").await.assert_status(200);
    // Of the four requests, only the one after the pin came to the replica subject.
    kaa.stop().await;
    pinned.drain(std::time::Duration::from_secs(1)).await.unwrap();
    assert!(pinned.next().await.is_some());
    assert_eq!(pinned.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_session_can_be_kept_and_used_for_pushes_later() {
    let (kaa, app) = kaa().await;
    let mut device = kaa.endpoint("ep-1");
    device.request("/observe/false").await.assert_status(200);
    let session = app.sessions.lock().await.pop().unwrap();
    assert_eq!((session.endpoint_id(), session.resource_path()), (Some("ep-1"), "/observe/false"));

    session.push(Json(json!({ "sampling": 60 }))).await.unwrap();
    let push = device.next_push().await;
    push.assert_status(200).assert_path("/observe/false").assert_json(json!({ "sampling": 60 }));
    assert_eq!((push.request_id, push.extension.as_deref()), (None, Some("ext")));

    session.clone().push_to(&ResourcePath::from_static("/elsewhere"), "text").await.unwrap();
    let second = device.next_push().await;
    second.assert_path("/elsewhere").assert_text("text");
    assert_ne!(push.correlation_id, second.correlation_id);
    assert_eq!(kaa.counters().pushed, 2);
}

#[tokio::test(start_paused = true)]
async fn a_push_reaches_the_communication_service_when_the_request_named_no_return_address() {
    let (kaa, app) = kaa().await;
    let mut device = kaa.endpoint("ep-1");
    device.request("/observe/false").reply_to(None).await.assert_status(200);
    app.sessions.lock().await.pop().unwrap().push("here").await.unwrap();
    device.next_push().await.assert_text("here");
}

#[tokio::test(start_paused = true)]
async fn a_failure_cannot_be_pushed() {
    let (kaa, app) = kaa().await;
    kaa.endpoint("ep-1").request("/observe/false").await.assert_status(200);
    let session = app.sessions.lock().await.pop().unwrap();
    let error = session.push(Err::<(), _>(Failure::not_found("nothing"))).await.unwrap_err();
    assert_eq!(error.to_string(), "the content of the push is not a success: 404 Not Found: nothing");
    assert_eq!(kaa.counters().pushed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_push_after_the_bus_is_closed_is_an_error() {
    let (kaa, app) = kaa().await;
    kaa.endpoint("ep-1").request("/observe/false").await.assert_status(200);
    let session = app.sessions.lock().await.pop().unwrap();
    kaa.bus().close(std::time::Duration::from_secs(1)).await.unwrap();
    assert!(matches!(session.push("late").await, Err(kaa_ext::PushError::Publish(_))));
}
