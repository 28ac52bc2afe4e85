//! Storing another status, and announcing what does not count any more.
//!
//! First it is stored, and then announced: whoever hears of it and asks anew gets the new answer. A step that is
//! stored but could not be announced fails, and is repeated by whoever asked for it: every repetition announces.

use std::time::Duration;

use kaa_ext::ErrorStatus;
use kaa_ext::bus::EventError;
use kaa_ext::prelude::*;
use kaa_ext::protocol::cap::ClientCredentialsRevokedEvent;
use kaa_ext::protocol::ecap::{ClientCredentialRevokedEvent, EndpointTokenRevokedEvent};
use kaa_ext::sqlite::SqliteError;

use crate::status::Status;
use crate::store::{Credential, Kept, Stepped, Store, Token};

/// How long the bus may take for an announcement.
const ANNOUNCEMENT: Duration = Duration::from_secs(5);

/// Why a step was not made, or not announced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("there is none with this ID")]
    Unknown,
    #[error("it is revoked for ever; create a new one")]
    Final,
    #[error(transparent)]
    Store(#[from] SqliteError),
    #[error("it is stored, but could not be announced: sessions that rest on it go on; repeat the request")]
    NotAnnounced(#[source] Option<EventError>),
    #[error("the service broke off; repeat the request")]
    BrokenOff,
}

impl ReplyError for StepError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Unknown => ErrorStatus::NOT_FOUND,
            Self::Final => ErrorStatus::CONFLICT,
            Self::Store(error) => error.status(),
            Self::NotAnnounced(_) => ErrorStatus::SERVICE_UNAVAILABLE,
            Self::BrokenOff => ErrorStatus::INTERNAL_SERVER_ERROR,
        }
    }
}

/// What is announced when it does not count any more.
pub(crate) trait Announced: Kept + Sync {
    fn announce(&self, messaging: &Messaging) -> impl Future<Output = Result<(), EventError>> + Send;
}

impl Announced for Token {
    async fn announce(&self, messaging: &Messaging) -> Result<(), EventError> {
        let event = EndpointTokenRevokedEvent {
            app_name: self.application.as_str().into(),
            endpoint_id: self.endpoint.as_str().into(),
            token_ids: [self.id.as_str()].into_iter().collect(),
            ..EndpointTokenRevokedEvent::default()
        };
        messaging.publish_event(&event).await
    }
}

/// In both protocols: which one a communication service speaks is not known.
impl Announced for Credential {
    async fn announce(&self, messaging: &Messaging) -> Result<(), EventError> {
        let event = ClientCredentialRevokedEvent {
            credential_id: self.id.as_str().into(),
            ..ClientCredentialRevokedEvent::default()
        };
        messaging.publish_event(&event).await?;
        let event = ClientCredentialsRevokedEvent {
            tenant_id: self.tenant.as_str().into(),
            credentials_id: self.id.as_str().into(),
            ..ClientCredentialsRevokedEvent::default()
        };
        messaging.publish_event(&event).await
    }
}

/// Gives a token or a credential another status.
///
/// # Cancel safety
///
/// When the future is dropped, the step is made and announced all the same: a caller that hangs up must not leave a
/// revocation that nobody hears of.
pub(crate) async fn step<T: Announced>(
    store: Store,
    messaging: Messaging,
    id: String,
    target: Status,
) -> Result<T, StepError> {
    let whole = tokio::spawn(async move {
        let kept = match store.step::<T>(id, target).await? {
            Stepped::Done(kept) => kept,
            Stepped::Unknown => return Err(StepError::Unknown),
            Stepped::Final => return Err(StepError::Final),
        };
        if target != Status::Active {
            let announced = tokio::time::timeout(ANNOUNCEMENT, kept.announce(&messaging)).await;
            announced
                .map_err(|_| StepError::NotAnnounced(None))?
                .map_err(|error| StepError::NotAnnounced(Some(error)))?;
        }
        Ok(kept)
    });
    whole.await.map_err(|_| StepError::BrokenOff)?
}
