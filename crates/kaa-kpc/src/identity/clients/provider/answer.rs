//! What a provider says, in whichever protocol.

use bytestring::ByteString;
use kaa_protocol::cap::{ClientBasicAuthenticationResponse, ClientCertificateAuthenticationResponse};
use kaa_protocol::ecap::{ClientCertificateValidationResponse, ClientUsernamePasswordValidationResponse};

/// What the responses have in common.
pub(super) struct Answer {
    pub(super) status_code: i32,
    pub(super) client_id: Option<ByteString>,
    pub(super) credential: Option<ByteString>,
    /// Whose client it is; only 22/CAP says it, of certificates.
    tenant_id: Option<ByteString>,
}

impl Answer {
    /// The same for one tenant: a client of another one is unknown.
    pub(super) fn of_tenant(self, tenant_id: &ByteString) -> Self {
        if self.status_code == 200 && self.tenant_id.as_ref() != Some(tenant_id) {
            return Self { status_code: 404, ..self };
        }
        self
    }
}

impl From<ClientUsernamePasswordValidationResponse> for Answer {
    fn from(response: ClientUsernamePasswordValidationResponse) -> Self {
        let ClientUsernamePasswordValidationResponse { status_code, client_id, credential_id, .. } = response;
        Self { status_code, client_id, credential: credential_id, tenant_id: None }
    }
}

impl From<ClientCertificateValidationResponse> for Answer {
    fn from(response: ClientCertificateValidationResponse) -> Self {
        let ClientCertificateValidationResponse { status_code, client_id, credential_id, .. } = response;
        Self { status_code, client_id, credential: credential_id, tenant_id: None }
    }
}

impl From<ClientBasicAuthenticationResponse> for Answer {
    fn from(response: ClientBasicAuthenticationResponse) -> Self {
        let ClientBasicAuthenticationResponse { status_code, client_id, credentials_id, .. } = response;
        Self { status_code, client_id, credential: credentials_id, tenant_id: None }
    }
}

impl From<ClientCertificateAuthenticationResponse> for Answer {
    fn from(response: ClientCertificateAuthenticationResponse) -> Self {
        let ClientCertificateAuthenticationResponse {
            status_code, client_id, credentials_id, tenant_id, ..
        } = response;
        Self { status_code, client_id, credential: credentials_id, tenant_id }
    }
}
