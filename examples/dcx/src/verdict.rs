//! What the receipts of the receivers mean for the device.

use std::borrow::Cow;

use kaa_ext::bus::{EventError, Gathered, planted};
use kaa_ext::prelude::*;
use kaa_ext::protocol::dstp::DataSamplesProcessed;

/// Why samples are not known to be processed.
///
/// The receivers' names, codes and reasons are for the device to know: it, or who looks after it, decides
/// whether to send the samples again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{reason}")]
    Failed { status: ErrorStatus, reason: String },

    #[error("not confirmed in time by {}", names(.0))]
    Missing(Vec<ServiceInstance>),

    #[error("nobody receives data samples, {} would have to", names(.0))]
    Unheard(Vec<ServiceInstance>),

    #[error(
        "the samples make a message of {size} bytes, and the bus takes at most {limit}: send smaller batches"
    )]
    TooLarge { size: usize, limit: usize },

    #[error("the samples could not be published")]
    Unpublished(#[source] EventError),
}

impl ReplyError for Refusal {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Failed { status, .. } => *status,
            Self::Missing(_) => ErrorStatus::GATEWAY_TIMEOUT,
            Self::Unheard(_) => ErrorStatus::SERVICE_UNAVAILABLE,
            Self::TooLarge { .. } => ErrorStatus::PAYLOAD_TOO_LARGE,
            Self::Unpublished(error) => error.status(),
        }
    }

    fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Unpublished(error) => error.reason(),
            told => told.to_string().into(),
        }
    }
}

/// Success when all have confirmed with a success. Otherwise the first failure there is: it says more than
/// the silence of those who are missing.
pub(crate) fn judge(gathered: Gathered<DataSamplesProcessed>) -> Result<(), Refusal> {
    if let Some(refusal) = gathered.receipts.iter().find_map(failure) {
        return Err(refusal);
    }
    match gathered.missing {
        missing if missing.is_empty() || planted!("one receipt is enough") => Ok(()),
        missing if gathered.unheard => Err(Refusal::Unheard(missing)),
        missing => Err(Refusal::Missing(missing)),
    }
}

/// The refusal a receipt stands for; `None` when it is one of success. A code that is neither a success
/// nor an error is the receiver's mistake: 502.
fn failure(receipt: &DataSamplesProcessed) -> Option<Refusal> {
    let DataSamplesProcessed { receiver_service_instance_name: receiver, status_code: code, .. } = receipt;
    let known = u16::try_from(*code).ok();
    if known.and_then(SuccessStatus::new).is_some() {
        return None;
    }
    let Some(status) = known.and_then(ErrorStatus::new) else {
        let reason = format!("{receiver} confirmed with status {code}, which is neither success nor failure");
        return Some(Refusal::Failed { status: ErrorStatus::BAD_GATEWAY, reason });
    };
    let given = receipt.reason_phrase.as_deref().filter(|reason| !reason.is_empty());
    let reason = given.map_or_else(|| format!("{receiver} failed with status {code}"), str::to_owned);
    Some(Refusal::Failed { status, reason })
}

fn names(receivers: &[ServiceInstance]) -> String {
    let names: Vec<&str> = receivers.iter().map(ServiceInstance::as_str).collect();
    names.join(", ")
}
