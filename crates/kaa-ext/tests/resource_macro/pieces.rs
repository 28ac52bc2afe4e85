//! Pieces of the state.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;

struct Store(AtomicUsize);

#[derive(FromRef)]
struct App {
    store: Arc<Store>,
    greeting: String,
    #[from_ref(skip)]
    other_greeting: String,
}

/// An extractor for this state and no other.
struct Visits(usize);

impl FromRequest<App> for Visits {
    type Rejection = Failure;

    async fn from_request(_: &Request, app: &App) -> Result<Self, Failure> {
        Ok(Self(app.store.0.fetch_add(1, Ordering::Relaxed) + app.other_greeting.len()))
    }
}

#[resource("/pinned", state = App)]
async fn pinned(Visits(visits): Visits, State(greeting): State<String>) -> String {
    format!("{greeting} {visits}")
}

#[resource("/free")]
async fn free(State(store): State<Arc<Store>>, kaa_ext::State(greeting): kaa_ext::State<String>) -> String {
    format!("{greeting} {}", store.0.load(Ordering::Relaxed))
}

/// `State` under another name cannot be seen by the macro, so the state has to be told.
use kaa_ext::State as Piece;

#[resource("/alias", state = App)]
async fn alias(Piece(greeting): Piece<String>) -> String {
    greeting
}

#[tokio::test]
async fn handlers_get_the_pieces_of_the_state_they_ask_for() {
    let app = App {
        store: Arc::new(Store(AtomicUsize::new(7))),
        greeting: "Hello".to_owned(),
        other_greeting: String::new(),
    };
    let extension = Extension::new("pieces").state(app).resources(resources![pinned, free, alias]);
    let kaa = TestKaa::start(extension.build().unwrap()).await;
    let device = kaa.endpoint("ep-1");
    device.request("/pinned").await.assert_text("Hello 7");
    device.request("/free").await.assert_text("Hello 8");
    device.request("/alias").await.assert_text("Hello");
}
