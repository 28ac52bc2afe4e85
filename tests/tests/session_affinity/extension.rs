//! A replica of the extension.

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::{Counters, ServeError, Server};
use kaa_tests::lifeline::Lifeline;
use kaa_tests::patience::soon;
use kaa_tests::venue::{Venue, until};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[derive(Clone)]
struct App {
    name: &'static str,
    sessions: UnboundedSender<Session>,
    entered: UnboundedSender<()>,
    gate: Arc<Semaphore>,
}

/// Which replica it is.
#[resource("/who")]
async fn who(State(app): State<App>, session: Session) -> &'static str {
    drop(session);
    app.name
}

/// The same, and further requests come here.
#[resource("/pin")]
async fn pin(State(app): State<App>, session: Session) -> &'static str {
    session.pin();
    app.sessions.send(session).unwrap();
    app.name
}

/// The same without a pin.
#[resource("/observe")]
async fn observe(State(app): State<App>, session: Session) -> &'static str {
    app.sessions.send(session).unwrap();
    app.name
}

/// The same as `/pin`, once the test lets it.
#[resource("/hold")]
async fn hold(State(app): State<App>, session: Session) -> &'static str {
    session.pin();
    app.entered.send(()).unwrap();
    app.gate.acquire().await.unwrap().forget();
    app.name
}

pub(crate) struct Replica {
    pub(crate) name: &'static str,
    lifeline: Lifeline,
    pub(crate) server: Server,
    sessions: UnboundedReceiver<Session>,
    entered: UnboundedReceiver<()>,
    gate: Arc<Semaphore>,
}

impl Replica {
    pub(crate) async fn start(venue: &Venue, name: &'static str) -> Self {
        let lifeline = Lifeline::connect(venue).await;
        let (sender, sessions) = unbounded_channel();
        let (enter, entered) = unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        let app = App { name, sessions: sender, entered: enter, gate: gate.clone() };
        let extension = Extension::new("ext").replica(name).state(app);
        let extension = extension.resources(resources![who, pin, observe, hold]).build().unwrap();
        let server = extension.serve(lifeline.bus().clone()).start().await.unwrap();
        Self { name, lifeline, server, sessions, entered, gate }
    }

    /// The subject of this replica.
    pub(crate) fn pinned(&self) -> String {
        format!("kaa.v1.replica.{}.esp.ClientData", self.name)
    }

    /// The session of the request to `/pin` or `/observe` that was answered last.
    pub(crate) fn last_session(&mut self) -> Session {
        std::iter::from_fn(|| self.sessions.try_recv().ok()).last().unwrap()
    }

    /// Waits until one more request to `/hold` is held.
    pub(crate) async fn holds(&mut self) {
        soon("a request to be held", self.entered.recv()).await.unwrap();
    }

    /// How many more requests are held.
    pub(crate) fn held(&mut self) -> usize {
        std::iter::from_fn(|| self.entered.try_recv().ok()).count()
    }

    /// Lets so many requests to `/hold` go on.
    pub(crate) fn release(&self, requests: usize) {
        self.gate.add_permits(requests);
    }

    pub(crate) fn counters(&self) -> Counters {
        self.server.counters()
    }

    /// The counters once nothing is in flight.
    pub(crate) async fn settled(&self) -> Counters {
        until("requests to be done", || self.counters().in_flight() == 0).await;
        self.counters()
    }

    /// Stops in order.
    pub(crate) async fn stop(self) -> Counters {
        soon("the stop", self.server.stop()).await.unwrap().counters
    }

    pub(crate) fn bus(&self) -> &Bus {
        self.lifeline.bus()
    }

    /// Ends without a word.
    pub(crate) async fn kill(self) {
        self.lifeline.cut().await;
        let ended = soon("the end of the server", self.server.wait()).await;
        assert!(matches!(ended, Err(ServeError::BusClosed)), "{ended:?}");
    }
}
