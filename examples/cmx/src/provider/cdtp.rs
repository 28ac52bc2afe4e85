//! The provider in 6/CDTP.

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigApplied, ConfigRequest, ConfigResponse as Response};
use kaa_ext::protocol::cmp::{AppliedRequest, ConfigResponse};

use super::{Provider, ProviderError, changed};
use crate::key::Key;

impl Provider {
    pub(super) async fn latest_by_cdtp(
        &self,
        messaging: &Messaging,
        key: &Key,
        known: Option<&str>,
    ) -> Result<ConfigResponse, ProviderError> {
        let request = ConfigRequest {
            app_version_name: key.app_version.clone().into(),
            endpoint_id: key.endpoint.clone().into(),
            config_id: known.filter(|id| !id.is_empty()).map(Into::into),
            config_name: key.name.clone().map(Into::into),
            ..ConfigRequest::default()
        };
        let response = messaging.request(self.instance.clone(), &request, self.timeout).await?;
        read(response, request.config_id.is_some())
    }

    pub(super) async fn applied_by_cdtp(
        messaging: &Messaging,
        key: &Key,
        applied: AppliedRequest,
    ) -> Result<(), ProviderError> {
        let event = ConfigApplied {
            app_version_name: key.app_version.clone().into(),
            endpoint_id: key.endpoint.clone().into(),
            config_id: applied.config_id.into(),
            status_code: applied.status_code,
            reason_phrase: applied.reason_phrase.map(Into::into),
            ..ConfigApplied::default()
        };
        Ok(messaging.publish_event(&event).await?)
    }
}

/// A response without configuration says that the endpoint has the latest, if it has one.
fn read(response: Response, has_one: bool) -> Result<ConfigResponse, ProviderError> {
    match (response.status_code, response.config_id, response.content) {
        (204 | 404, ..) => Ok(ConfigResponse::unassigned()),
        (200..300, Some(id), Some(content)) => changed(id, &response.content_type, &content),
        (200..300, _, None) if has_one => Ok(ConfigResponse::Unchanged),
        (200..300, _, None) => Err(ProviderError::Protocol("it sent no content, and the endpoint has none")),
        (200..300, None, Some(_)) => Err(ProviderError::Protocol("it sent a content without a configId")),
        (code, ..) => Err(refused(code, response.reason_phrase.map(String::from))),
    }
}

fn refused(code: i32, reason: Option<String>) -> ProviderError {
    match u16::try_from(code).ok().and_then(ErrorStatus::new) {
        Some(status) => {
            let reason = reason.unwrap_or_else(|| status.canonical_reason().to_owned());
            ProviderError::Refused { status, reason }
        }
        None => ProviderError::Protocol("its status code is neither a success nor an error"),
    }
}
