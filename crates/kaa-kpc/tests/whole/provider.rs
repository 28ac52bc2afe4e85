//! A service that knows tokens and clients: 16/ECAP and 22/CAP.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use kaa_ext::ErrorStatus;
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_kpc::identity::clients;
use kaa_kpc::identity::tokens;
use kaa_protocol::cap::{
    ClientBasicAuthenticationRequest, ClientBasicAuthenticationResponse, ClientCredentialsRevokedEvent,
};
use kaa_protocol::ecap::{
    ClientCertificateValidationRequest, ClientCertificateValidationResponse, ClientCredentialRevokedEvent,
    ClientUsernamePasswordValidationRequest, ClientUsernamePasswordValidationResponse,
    EndpointTokenRevokedEvent, EndpointTokenValidationRequest, EndpointTokenValidationResponse,
};

use crate::world::World;

const PROVIDER: ServiceInstance = ServiceInstance::from_static("cred");
const TENANT: &str = "tenant-1";

/// The provider on the bus.
///
/// The token `good-<x>` stands for the endpoint `ep-<x>`, and `id-<x>` is its identity. Everybody's password
/// is `one`; `credential-<user name>` is its identity. The certificate with serial number 7 counts.
pub(crate) struct Provider {
    messaging: Messaging,
    book: Book,
    _kaa: TestKaa,
}

#[derive(Clone, Default)]
struct Book {
    revoked: Arc<Mutex<HashSet<String>>>,
    applications: Arc<Mutex<Vec<String>>>,
    certificates: Arc<Mutex<Vec<String>>>,
}

impl Book {
    fn is_revoked(&self, id: &str) -> bool {
        self.revoked.lock().unwrap().contains(id)
    }
}

impl Provider {
    pub(crate) async fn start(world: &World) -> Self {
        let book = Book::default();
        let services = services![token, password, certificate, basic];
        let extension = Extension::new("cred").state(book.clone()).services(services).build().unwrap();
        let kaa = TestKaa::start_on(world.server.connect(), extension).await;
        Self { messaging: world.messaging("cred"), book, _kaa: kaa }
    }

    /// The applications whose tokens it was asked about.
    pub(crate) fn applications(&self) -> Vec<String> {
        self.book.applications.lock().unwrap().clone()
    }

    /// The certificates it was asked about, as `issuer#serial`.
    pub(crate) fn certificates(&self) -> Vec<String> {
        self.book.certificates.lock().unwrap().clone()
    }

    /// Takes back the token of the endpoint `ep-<x>`, and says so.
    pub(crate) async fn revoke_token(&self, x: &str) {
        self.forget(format!("id-{x}"));
        let event = EndpointTokenRevokedEvent {
            app_name: "v1".into(),
            endpoint_id: format!("ep-{x}").into(),
            token_ids: [&*format!("id-{x}")].into_iter().collect(),
            ..EndpointTokenRevokedEvent::default()
        };
        self.messaging.publish_event(&event).await.unwrap();
    }

    /// Takes back the credential of a user by 16/ECAP.
    pub(crate) async fn revoke_ecap(&self, user_name: &str) {
        let credential_id = self.forget(format!("credential-{user_name}")).into();
        let event = ClientCredentialRevokedEvent { credential_id, ..ClientCredentialRevokedEvent::default() };
        self.messaging.publish_event(&event).await.unwrap();
    }

    /// The same by 22/CAP.
    pub(crate) async fn revoke_cap(&self, user_name: &str) {
        let event = ClientCredentialsRevokedEvent {
            tenant_id: TENANT.into(),
            credentials_id: self.forget(format!("credential-{user_name}")).into(),
            ..ClientCredentialsRevokedEvent::default()
        };
        self.messaging.publish_event(&event).await.unwrap();
    }

    fn forget(&self, id: String) -> String {
        self.book.revoked.lock().unwrap().insert(id.clone());
        id
    }
}

pub(crate) fn tokens() -> tokens::TokensOptions {
    tokens::TokensOptions::Provider(tokens::ProviderOptions::new(PROVIDER))
}

pub(crate) fn ecap() -> clients::AuthenticatorOptions {
    clients::AuthenticatorOptions::Ecap(clients::ProviderOptions::new(PROVIDER))
}

pub(crate) fn cap() -> clients::AuthenticatorOptions {
    let provider = clients::ProviderOptions::new(PROVIDER);
    clients::AuthenticatorOptions::Cap { tenant_id: TENANT.into(), provider }
}

fn unauthorized() -> Failure {
    Failure::new(ErrorStatus::UNAUTHORIZED, "not a client")
}

#[service]
async fn token(
    Targeted(request): Targeted<EndpointTokenValidationRequest>,
    State(book): State<Book>,
) -> Result<EndpointTokenValidationResponse, Failure> {
    book.applications.lock().unwrap().push(request.app_name.to_string());
    let x = request.token.strip_prefix("good-").ok_or_else(|| Failure::not_found("no such token"))?;
    let id = format!("id-{x}");
    if book.is_revoked(&id) {
        return Err(Failure::new(ErrorStatus::FORBIDDEN, "revoked"));
    }
    Ok(EndpointTokenValidationResponse {
        token_id: Some(id.into()),
        endpoint_id: Some(format!("ep-{x}").into()),
        ..request.response(Outcome::OK)
    })
}

#[service]
async fn password(
    Targeted(request): Targeted<ClientUsernamePasswordValidationRequest>,
    State(book): State<Book>,
) -> Result<ClientUsernamePasswordValidationResponse, Failure> {
    let user_name = request.username.clone().unwrap_or_default();
    let credential = format!("credential-{user_name}");
    if request.password.as_deref() != Some("one") || book.is_revoked(&credential) {
        return Err(unauthorized());
    }
    Ok(ClientUsernamePasswordValidationResponse {
        credential_id: Some(credential.into()),
        client_id: Some(format!("client-{user_name}").into()),
        ..request.response(Outcome::OK)
    })
}

#[service]
async fn certificate(
    Targeted(request): Targeted<ClientCertificateValidationRequest>,
    State(book): State<Book>,
) -> Result<ClientCertificateValidationResponse, Failure> {
    book.certificates.lock().unwrap().push(format!("{}#{}", request.issuer, request.serial_number));
    if request.serial_number != "7" {
        return Err(unauthorized());
    }
    Ok(ClientCertificateValidationResponse {
        credential_id: Some("credential-7".into()),
        client_id: Some("client-7".into()),
        ..request.response(Outcome::OK)
    })
}

#[service]
async fn basic(
    Targeted(request): Targeted<ClientBasicAuthenticationRequest>,
    State(book): State<Book>,
) -> Result<ClientBasicAuthenticationResponse, Failure> {
    let credential = format!("credential-{}", request.username);
    let is_one = request.tenant_id == TENANT && request.password == "one";
    if !is_one || book.is_revoked(&credential) {
        return Err(unauthorized());
    }
    Ok(ClientBasicAuthenticationResponse {
        credentials_id: Some(credential.into()),
        client_id: Some(format!("client-{}", request.username).into()),
        ..request.response(Outcome::OK)
    })
}
