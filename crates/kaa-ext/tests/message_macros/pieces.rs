//! Pieces of the state.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kaa_ext::State as Piece;
use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::testing::TestKaa;

#[derive(FromRef)]
struct App {
    seen: Arc<AtomicUsize>,
    greeting: &'static str,
}

/// An extractor for this state and no other.
struct Seen(usize);

impl FromRequest<App> for Seen {
    type Rejection = Failure;

    async fn from_request(_: &Request, app: &App) -> Result<Self, Failure> {
        Ok(Self(app.seen.load(Ordering::Relaxed)))
    }
}

#[listener]
async fn updated(State(seen): State<Arc<AtomicUsize>>, _: Event<ConfigUpdated>) {
    seen.fetch_add(1, Ordering::Relaxed);
}

/// `State` under another name cannot be seen by the macro, so the state has to be told.
#[service(state = App)]
async fn config(
    Seen(seen): Seen,
    Targeted(request): Targeted<ConfigRequest>,
    Piece(greeting): Piece<&'static str>,
) -> Result<ConfigResponse, Failure> {
    let reason = format!("{greeting}, {}: {seen}", request.endpoint_id);
    Ok(ConfigResponse { reason_phrase: Some(reason.into()), ..ConfigResponse::default() })
}

#[tokio::test]
async fn listeners_and_services_work_on_one_state() {
    let app = App { seen: Arc::default(), greeting: "hello" };
    let extension = Extension::new("pieces").state(app);
    let extension = extension.listeners(listeners![updated]).services(services![config]).build().unwrap();
    let kaa = TestKaa::start(extension).await;
    let peer = kaa.service("peer");
    peer.publish(&ConfigUpdated::default()).await;
    kaa.settled(1).await;
    let request = ConfigRequest { endpoint_id: "ep-1".into(), ..ConfigRequest::default() };
    let response = peer.request(&request).await.unwrap();
    assert_eq!(response.reason_phrase.as_deref(), Some("hello, ep-1: 1"));
}
