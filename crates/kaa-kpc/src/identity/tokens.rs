//! Which endpoint does this token stand for?

use bytestring::ByteString;
use kaa_protocol::kp1::RequestPath;
use kaa_protocol::name::EndpointToken;

use crate::relay::{Answer, ResolvedEndpoint};

/// The endpoint of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEndpoint {
    /// The endpoint and its application version.
    pub endpoint: ResolvedEndpoint,
    /// The identity of the token, by which it is revoked; `None` when it cannot be.
    pub token_id: Option<ByteString>,
}

/// Finds the endpoints of tokens. SKELETON: trustful.
#[derive(Debug, Default)]
pub struct Tokens {}

impl Tokens {
    /// The endpoint of the token in `path`, as far as it is known here; `None` when [`ask`](Self::ask) has
    /// to find out.
    pub fn know(
        &self,
        _application: &str,
        path: &RequestPath,
        token: &EndpointToken,
    ) -> Option<Result<KnownEndpoint, Answer>> {
        let endpoint_id = token.as_str().parse();
        let app_version = path.app_version.clone();
        Some(match endpoint_id {
            Ok(endpoint_id) => {
                Ok(KnownEndpoint { endpoint: ResolvedEndpoint { endpoint_id, app_version }, token_id: None })
            }
            Err(_) => Err(Answer {
                status_code: 404,
                reason_phrase: "no endpoint has this token".into(),
                payload: bytes::Bytes::new(),
            }),
        })
    }

    /// The same, asking others where needed.
    ///
    /// # Errors
    ///
    /// 404 for an unknown token, 403 for one that is revoked or suspended, 503 when nobody answers.
    pub async fn ask(
        &self,
        application: &str,
        path: &RequestPath,
        token: &EndpointToken,
    ) -> Result<KnownEndpoint, Answer> {
        match self.know(application, path, token) {
            Some(known) => known,
            None => Err(Answer {
                status_code: 503,
                reason_phrase: "tokens cannot be checked now; try again later".into(),
                payload: bytes::Bytes::new(),
            }),
        }
    }
}
