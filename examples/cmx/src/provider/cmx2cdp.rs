//! The provider in 5/CMX2CDP.

use kaa_ext::prelude::*;
use kaa_ext::protocol::cmp::{AppliedRequest, ConfigResponse};
use kaa_ext::protocol::cmx2cdp::{ConfigRequest, Status, Updated};

use super::{Provider, ProviderError, changed};
use crate::key::Key;

impl Provider {
    /// Without a version, the latest: a version in the request asks for that very one.
    pub(super) async fn latest_by_cmx2cdp(
        &self,
        messaging: &Messaging,
        key: &Key,
    ) -> Result<ConfigResponse, ProviderError> {
        let request = ConfigRequest {
            app_version_token: key.app_version.clone().into(),
            endpoint_id: unnamed(key)?.into(),
            ..ConfigRequest::default()
        };
        let response = messaging.request(self.instance.clone(), &request, self.timeout).await?;
        match (Status::from_code(response.status_code), response.content) {
            (Some(Status::NoContent), _) => Ok(ConfigResponse::unassigned()),
            (Some(Status::Ok), Some(content)) => {
                changed(response.config_version.to_string(), &response.content_type, &content)
            }
            (Some(Status::Ok), None) => Err(ProviderError::Protocol("it sent no content")),
            (Some(Status::Fail), _) => Err(ProviderError::Refused {
                status: ErrorStatus::BAD_GATEWAY,
                reason: "it could not answer".to_owned(),
            }),
            (None, _) => Err(ProviderError::Protocol("its status code is none of 0, 1 and 2")),
        }
    }

    /// Its event has no place for a failure, so only success is told.
    pub(super) async fn applied_by_cmx2cdp(
        messaging: &Messaging,
        key: &Key,
        applied: &AppliedRequest,
    ) -> Result<(), ProviderError> {
        let endpoint_id = unnamed(key)?.into();
        let config_version = applied.config_id.parse().map_err(|_| ProviderError::NoVersion)?;
        if !applied.is_success() {
            tracing::warn!(
                endpoint = %key.endpoint, config_version, status = applied.status_code,
                reason = applied.reason_phrase.as_deref(), "the endpoint could not apply its configuration"
            );
            return Ok(());
        }
        let event = Updated {
            app_version_token: key.app_version.clone().into(),
            endpoint_id,
            config_version,
            ..Updated::default()
        };
        Ok(messaging.publish_event(&event).await?)
    }
}

fn unnamed(key: &Key) -> Result<EndpointId, ProviderError> {
    if key.name.is_some() {
        return Err(ProviderError::NoNames);
    }
    Ok(key.endpoint.clone())
}
