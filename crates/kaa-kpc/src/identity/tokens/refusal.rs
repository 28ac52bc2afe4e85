//! Why there is no endpoint for a token.

use kaa_protocol::name::NameError;

use crate::relay::Answer;

/// The texts are for the client. None of them repeats a token that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("tokens are endpoint IDs here, but {0}")]
    NoEndpointId(NameError),
    #[error("no endpoint has this token")]
    Unknown,
    #[error("the token is revoked or suspended")]
    Revoked,
    #[error("too many tokens are being checked; try again later")]
    Busy,
    #[error("tokens cannot be checked now; try again later")]
    Unavailable,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let status_code = match refusal {
            Refusal::NoEndpointId(_) => 400,
            Refusal::Unknown => 404,
            Refusal::Revoked => 403,
            Refusal::Busy | Refusal::Unavailable => 503,
        };
        Self::refused(status_code, refusal.to_string())
    }
}
