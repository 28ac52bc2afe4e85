//! The service that has the configurations, in either of its protocols.

mod cdtp;
mod cmx2cdp;

use std::borrow::Cow;
use std::time::Duration;

use kaa_ext::bus::{EventError, RequestError};
use kaa_ext::prelude::*;
use kaa_ext::protocol::cmp::{AppliedRequest, ConfigResponse};
use kaa_ext::protocol::json::{JsonPayload, PayloadError, RawJson};

use crate::key::Key;
use crate::settings::{Protocol, Settings};

/// Who is asked for configurations, and how.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    instance: ServiceInstance,
    protocol: Protocol,
    timeout: Duration,
}

impl Provider {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            instance: settings.provider.clone(),
            protocol: settings.protocol,
            timeout: settings.request_timeout,
        }
    }

    /// The latest configuration for an endpoint that has `known`; empty for none.
    pub(crate) async fn latest(
        &self,
        messaging: &Messaging,
        key: &Key,
        known: Option<&str>,
    ) -> Result<ConfigResponse, ProviderError> {
        let latest = match self.protocol {
            Protocol::Cdtp => self.latest_by_cdtp(messaging, key, known).await?,
            Protocol::Cmx2Cdp => self.latest_by_cmx2cdp(messaging, key).await?,
        };
        // A provider may send what the endpoint has already; the endpoint is not told twice.
        Ok(match latest {
            ConfigResponse::Changed { config_id, .. } if known == Some(&config_id) => {
                ConfigResponse::Unchanged
            }
            latest => latest,
        })
    }

    /// Whether `id` is known to be older than `than`. Only numbers tell.
    pub(crate) fn is_older(&self, id: &str, than: &str) -> bool {
        let version = |id: &str| id.parse::<i32>().ok();
        self.protocol == Protocol::Cmx2Cdp
            && version(than).zip(version(id)).is_some_and(|(than, id)| id < than)
    }

    /// Tells everybody what the endpoint said of a configuration.
    pub(crate) async fn applied(
        &self,
        messaging: &Messaging,
        key: &Key,
        applied: AppliedRequest,
    ) -> Result<(), ProviderError> {
        match self.protocol {
            Protocol::Cdtp => Self::applied_by_cdtp(messaging, key, applied).await,
            Protocol::Cmx2Cdp => Self::applied_by_cmx2cdp(messaging, key, &applied).await,
        }
    }
}

/// The content of a configuration as the JSON it has to be.
fn changed(
    config_id: impl Into<String>,
    content_type: &str,
    content: &[u8],
) -> Result<ConfigResponse, ProviderError> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(essence.as_str(), "json" | "application/json") && !essence.ends_with("+json") {
        return Err(ProviderError::ContentType(content_type.to_owned()));
    }
    let config = RawJson::from_json(content).map_err(ProviderError::Content)?;
    Ok(ConfigResponse::Changed { config_id: config_id.into(), config })
}

/// Why there is no answer of the provider, or none that can be passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Event(#[from] EventError),
    /// The provider said no.
    #[error("the provider of configurations answered {status}: {reason}")]
    Refused { status: ErrorStatus, reason: String },
    #[error("the configuration is {0:?}; expected JSON: correct it at its provider")]
    ContentType(String),
    #[error("the configuration cannot be passed on; correct it at its provider: {0}")]
    Content(PayloadError),
    #[error("the provider of configurations broke its protocol: {0}")]
    Protocol(&'static str),
    #[error("5/CMX2CDP has no named configurations; ask without a name")]
    NoNames,
    #[error("5/CMX2CDP numbers its configurations; expected the configId of an answer")]
    NoVersion,
}

impl ReplyError for ProviderError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Request(error) => error.status(),
            Self::Event(error) => error.status(),
            Self::Refused { status, .. } => *status,
            Self::ContentType(_) | Self::Content(_) | Self::Protocol(_) => ErrorStatus::BAD_GATEWAY,
            Self::NoNames => ErrorStatus::NOT_FOUND,
            Self::NoVersion => ErrorStatus::BAD_REQUEST,
        }
    }

    /// What is wrong with a configuration is for whoever wrote it, who may only see the device.
    fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Request(error) => error.reason(),
            Self::Event(error) => error.reason(),
            Self::Refused { status, .. } if status.is_server_error() => status.canonical_reason().into(),
            Self::Refused { reason, .. } => reason.clone().into(),
            broken => broken.to_string().into(),
        }
    }
}
