//! Sessions that outlive the process: as data, and back.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::kp1::ResourcePath;
use kaa_protocol::name::{AppVersion, EndpointId};
use kaa_protocol::subject::{ReplyTo, Subject};
use serde::{Deserialize, Serialize};

use super::{Parts, Session};
use crate::outlet::Outlet;

/// A [`Session`] as data, for a store that outlives the replica or is shared by several.
///
/// ```
/// use kaa_ext::prelude::*;
/// use kaa_ext::StoredSession;
///
/// # #[derive(Clone)]
/// # struct Store;
/// # impl Store {
/// #     async fn put(&self, key: &str, row: Vec<u8>) {}
/// #     async fn get(&self, key: &str) -> Vec<u8> { vec![] }
/// # }
/// #[resource("/observe")]
/// async fn observe(session: Session, State(store): State<Store>) -> Result<(), Failure> {
///     let row = serde_json::to_vec(&session.store()).map_err(Failure::internal)?;
///     store.put("observer", row).await;
///     Ok(())
/// }
///
/// #[resource("/notify")]
/// async fn notify(sessions: Sessions, State(store): State<Store>) -> Result<(), Failure> {
///     let row: StoredSession = serde_json::from_slice(&store.get("observer").await).map_err(Failure::internal)?;
///     sessions.restore(row).push("something happened").await.map_err(Failure::internal)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredSession {
    dialect: Dialect,
    app_version: String,
    endpoint_id: Option<String>,
    resource_path: String,
    return_path: Option<String>,
}

/// The ways to devices whose session is not the one of the current request: an argument.
///
/// Outside of handlers, [`Server::sessions`](crate::Server::sessions) has it.
#[derive(Clone)]
pub struct Sessions(Arc<Outlet>);

impl Sessions {
    pub(crate) fn new(outlet: Arc<Outlet>) -> Self {
        Self(outlet)
    }

    /// A session that was [stored](Session::store), by this replica or another. It is not pinned.
    ///
    /// What is pushed goes to the communication service as a whole, where the replica delivers it that
    /// holds the device's connection now: the one that held it once may be long gone, and nobody would
    /// say so. Once the session is [pinned](Session::pin), the server does; then the replica is tried
    /// first.
    pub fn restore(&self, stored: StoredSession) -> Session {
        let StoredSession { dialect, app_version, endpoint_id, resource_path, return_path } = stored;
        // A store is not more to be trusted than a network.
        let return_path = return_path.and_then(|text| dialect.judge(&Bytes::from(text)).ok());
        let return_path = return_path.map(ReplyTo::into_subject);
        self.session(dialect, app_version, endpoint_id, resource_path, return_path)
    }

    /// The way to an endpoint that this replica may never have heard from, over the communication
    /// service as a whole, in the first of the extension's [dialects](crate::Builder::dialects).
    pub fn of_endpoint(
        &self,
        app_version: &AppVersion,
        endpoint: &EndpointId,
        path: &ResourcePath,
    ) -> Session {
        let (app_version, endpoint) = (app_version.to_string(), endpoint.to_string());
        self.session(self.0.dialect(), app_version, Some(endpoint), path.to_string(), None)
    }

    fn session(
        &self,
        dialect: Dialect,
        app_version: String,
        endpoint_id: Option<String>,
        resource_path: String,
        return_path: Option<Subject>,
    ) -> Session {
        Session(Arc::new(Parts {
            outlet: self.0.clone(),
            dialect,
            app_version,
            endpoint_id,
            resource_path,
            return_path,
            is_restored: true,
            pinned: AtomicBool::new(false),
        }))
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sessions").field(self.0.replica()).finish()
    }
}

impl Session {
    /// The session as data. A pin is of this replica and is not stored.
    pub fn store(&self) -> StoredSession {
        StoredSession {
            dialect: self.0.dialect,
            app_version: self.0.app_version.clone(),
            endpoint_id: self.0.endpoint_id.clone(),
            resource_path: self.0.resource_path.clone(),
            return_path: self.0.return_path.as_ref().map(Subject::to_string),
        }
    }
}
