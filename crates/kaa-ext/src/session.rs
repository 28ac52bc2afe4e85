//! The way back to a device, as a value.

mod stored;

pub use stored::{Sessions, StoredSession};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use kaa_bus::trace::{self, TraceContext};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ecs2ext;
use kaa_protocol::kp1::ResourcePath;
use kaa_protocol::subject::Subject;

use crate::failure::Failure;
use crate::outlet::{Outlet, Receiver, Voice};
use crate::reply::{IntoReply, Reply};

/// The return path of a message (3/ISM session affinity): an argument that can be kept, cloned and
/// used long after the request is answered.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use kaa_ext::prelude::*;
///
/// #[derive(FromRef)]
/// struct App { observers: Arc<Mutex<Vec<Session>>> }
///
/// #[resource("/observe")]
/// async fn observe(session: Session, State(observers): State<Arc<Mutex<Vec<Session>>>>) -> Result<(), Failure> {
///     // Requests of this session come to this replica from now on: it has the list.
///     session.pin();
///     observers.lock().map_err(|_| Failure::unavailable("try again"))?.push(session);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Session(Arc<Parts>);

struct Parts {
    outlet: Arc<Outlet>,
    dialect: Dialect,
    app_version: String,
    endpoint_id: Option<String>,
    resource_path: String,
    return_path: Option<Subject>,
    /// Whether the return path is out of a store: who listened there may be long gone.
    is_restored: bool,
    pinned: AtomicBool,
}

impl Parts {
    /// Whether it is pinned from now on.
    fn set_pinned(&self, is_pinned: bool) {
        if self.pinned.swap(is_pinned, Relaxed) != is_pinned {
            self.outlet.pins(is_pinned);
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.set_pinned(false);
    }
}

impl Session {
    /// The session of the request that `receiver` is the sender of.
    pub(crate) fn new(outlet: Arc<Outlet>, receiver: &Receiver<'_>) -> Self {
        Self(Arc::new(Parts {
            outlet,
            dialect: receiver.voice.dialect(),
            app_version: receiver.app_version.to_owned(),
            endpoint_id: receiver.endpoint_id.map(str::to_owned),
            resource_path: receiver.resource_path.to_owned(),
            return_path: receiver.return_path.cloned(),
            is_restored: false,
            pinned: AtomicBool::new(false),
        }))
    }

    /// The endpoint at the other end; `None` for an endpoint-unaware extension.
    pub fn endpoint_id(&self) -> Option<&str> {
        self.0.endpoint_id.as_deref()
    }

    /// The resource path of the request the session came with.
    pub fn resource_path(&self) -> &str {
        &self.0.resource_path
    }

    /// Asks that further requests of this session come to this replica.
    ///
    /// The answer to the current request and every later push carry this replica's own subject as
    /// `replyTo`. A replica that is stopping no longer asks for it.
    pub fn pin(&self) {
        self.0.set_pinned(true);
    }

    /// Takes [`pin`](Self::pin) back: answers and pushes carry no `replyTo` any more.
    pub fn unpin(&self) {
        self.0.set_pinned(false);
    }

    /// Whether the session is pinned to this replica.
    pub fn is_pinned(&self) -> bool {
        self.0.pinned.load(Relaxed)
    }

    /// Sends the device something it did not ask for, on the resource path of the session.
    ///
    /// The message goes to the communication service replica that sent the request, or to the
    /// communication service as a whole when the request named none, or when that replica is known to be
    /// gone. Delivery is at most once: the device may be gone, and so may the replica. Only of a
    /// [pinned](Self::pin) session the server says that its replica is gone, so only its pushes are
    /// saved: pin a session that is kept for long.
    ///
    /// # Errors
    ///
    /// [`PushError`] when the content is no success or the bus did not take the message.
    ///
    /// # Cancel safety
    ///
    /// A dropped push was sent or was not; it is never sent in part.
    pub async fn push<T: IntoReply>(&self, content: T) -> Result<(), PushError> {
        self.send(&self.0.resource_path, content).await
    }

    /// The same on another resource path of this extension.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub async fn push_to<T: IntoReply>(&self, path: &ResourcePath, content: T) -> Result<(), PushError> {
        self.send(path.as_str(), content).await
    }

    /// The same as [`push`](Self::push), and waits until the device confirms it with a status message.
    ///
    /// Only 4/ECS2EXT has status messages. The push asks for the status message to come to this replica,
    /// which pins the session as long as its communication service keeps to that.
    ///
    /// # Errors
    ///
    /// [`PushError`]: as `push`; [`Unconfirmed`](PushError::Unconfirmed) when no status message came
    /// within `deadline`, [`Rejected`](PushError::Rejected) when it is not `ok`, and
    /// [`NoStatus`](PushError::NoStatus) when the session is of a dialect without status messages.
    ///
    /// # Cancel safety
    ///
    /// As `push`; nobody waits for the status message any more.
    pub async fn push_confirmed<T: IntoReply>(
        &self,
        content: T,
        deadline: Duration,
    ) -> Result<(), PushError> {
        if self.0.dialect != Dialect::Ecs2Ext {
            return Err(PushError::NoStatus);
        }
        let reply = content.into_reply().map_err(PushError::Content)?;
        let (correlation_id, trace) = (self.0.outlet.correlation_id(), trace::current());
        let receiver = self.receiver(&correlation_id, &self.0.resource_path, trace.as_ref());
        match self.0.outlet.push_and_wait(&receiver, &reply, deadline).await? {
            None => Err(PushError::Unconfirmed { deadline }),
            Some(status) if status == ecs2ext::OK => Ok(()),
            Some(status) => Err(PushError::Rejected { status }),
        }
    }

    async fn send<T: IntoReply>(&self, resource_path: &str, content: T) -> Result<(), PushError> {
        let reply: Reply = content.into_reply().map_err(PushError::Content)?;
        let (correlation_id, trace) = (self.0.outlet.correlation_id(), trace::current());
        let receiver = self.receiver(&correlation_id, resource_path, trace.as_ref());
        Ok(self.0.outlet.push(&receiver, &reply).await?)
    }

    /// The device, as the receiver of a push.
    fn receiver<'a>(
        &'a self,
        correlation_id: &'a str,
        resource_path: &'a str,
        trace: Option<&'a TraceContext>,
    ) -> Receiver<'a> {
        Receiver {
            voice: match self.0.dialect {
                Dialect::Esp => Voice::Esp,
                Dialect::Ecs2Ext => Voice::Ecs2Ext { content_type: None },
            },
            correlation_id,
            app_version: &self.0.app_version,
            endpoint_id: self.endpoint_id(),
            resource_path,
            request_id: None,
            return_path: self.0.return_path.as_ref(),
            is_restored: self.0.is_restored,
            pinned: self.is_pinned(),
            trace,
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("endpoint_id", &self.endpoint_id())
            .field("resource_path", &self.resource_path())
            .field("pinned", &self.is_pinned())
            .finish_non_exhaustive()
    }
}

/// A push that was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The content could not be encoded or is itself an error.
    #[error("the content of the push is not a success: {0}")]
    Content(Failure),
    /// The bus did not take the message.
    #[error("the push could not be published")]
    Publish(#[from] kaa_bus::PublishError),
    /// The device did not confirm it in time. It may have got it.
    #[error("the device did not confirm the push within {deadline:?}")]
    Unconfirmed {
        /// How long was waited.
        deadline: Duration,
    },
    /// The device got it and did not want it.
    #[error("the device answered the push with the status {status:?}; expected \"ok\"")]
    Rejected {
        /// What it said.
        status: String,
    },
    /// Devices of this dialect confirm nothing.
    #[error("4/ESP has no status messages, so nobody can confirm the push; use `push`")]
    NoStatus,
}
