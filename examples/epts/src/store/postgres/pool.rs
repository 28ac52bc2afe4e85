//! A few connections, made when they are needed.

use std::mem::take;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_postgres::{Config, Error};

use super::error::keeps_the_session;
use super::session::Session;
use crate::store::StoreError;

/// How long the server is left alone after an attempt that failed: twice as long each time, up to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Connections of one kind. Who wants one waits for it, and gives up by its own deadline.
pub(super) struct Pool {
    config: Config,
    deadline: Duration,
    size: u32,
    room: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Session>,
    /// When the server may be tried again, and how long that was after the attempt before.
    again: Option<(Instant, Duration)>,
}

impl Pool {
    pub(super) fn new(config: Config, size: u16, deadline: Duration) -> Self {
        let room = Semaphore::new(size.into());
        Self { config, deadline, size: size.into(), room, state: Mutex::default() }
    }

    /// A connection that was fine when it was used last, or a new one.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, StoreError> {
        let room = self.room.acquire().await;
        let room = room.map_err(|closed| StoreError::Unavailable(closed.into()))?;
        let session = match self.idle() {
            Some(session) => session,
            None => self.connect().await?,
        };
        Ok(Lease { pool: self, session, _room: room })
    }

    /// Waits for those that are out, and lets go of all.
    pub(super) async fn close(&self) {
        let all = self.room.acquire_many(self.size).await;
        self.room.close();
        drop(all);
        let idle = take(&mut self.state().idle);
        for session in idle {
            session.end().await;
        }
    }

    fn idle(&self) -> Option<Session> {
        let idle = &mut self.state().idle;
        idle.retain(|session| !session.is_closed());
        idle.pop()
    }

    async fn connect(&self) -> Result<Session, StoreError> {
        if self.state().again.is_some_and(|(at, _)| Instant::now() < at) {
            return Err(StoreError::Unavailable("it could not be reached a moment ago".into()));
        }
        let connected = Session::connect(&self.config, self.deadline).await;
        let mut state = self.state();
        let now = Instant::now();
        match (&connected, state.again) {
            (Ok(_), _) => state.again = None,
            // Another one, begun at the same time, has failed and counted.
            (Err(_), Some((at, _))) if now < at => {}
            (Err(error), last) => {
                let (first, longest) = BACKOFF;
                let delay = last.map_or(first, |(_, delay)| (2 * delay).min(longest));
                tracing::warn!("no connection: {error}: {:?}", std::error::Error::source(error));
                state.again = Some((now + delay, delay));
            }
        }
        connected
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that nobody else has. One that is dropped and not [settled](Self::settle) is cut, because nobody
/// knows what it still does.
pub(super) struct Lease<'p> {
    pool: &'p Pool,
    session: Session,
    _room: SemaphorePermit<'p>,
}

impl Lease<'_> {
    /// Gives the connection back if its last answer says that it is fine.
    pub(super) fn settle<T>(self, answer: Result<T, Error>) -> Result<T, StoreError> {
        let Self { pool, session, _room } = self;
        if answer.as_ref().err().is_none_or(keeps_the_session) {
            pool.state().idle.push(session);
        }
        Ok(answer?)
    }
}

impl Deref for Lease<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}
