//! What a communication service asks (16/ECAP, 22/CAP).
//!
//! It slows down those who guess, since it knows their addresses; here, every guess costs a hash.

use std::sync::Arc;

use kaa_ext::ErrorStatus;
use kaa_ext::prelude::*;
use kaa_ext::protocol::ByteString;
use kaa_ext::protocol::cap::{
    ClientBasicAuthenticationRequest, ClientBasicAuthenticationResponse,
    ClientCertificateAuthenticationRequest, ClientCertificateAuthenticationResponse,
};
use kaa_ext::protocol::ecap::{
    ClientCertificateValidationRequest, ClientCertificateValidationResponse,
    ClientUsernamePasswordValidationRequest, ClientUsernamePasswordValidationResponse,
    EndpointTokenStatusTransitionRequest, EndpointTokenStatusTransitionResponse,
    EndpointTokenValidationRequest, EndpointTokenValidationResponse,
};

use crate::revocation::step;
use crate::secret::{Hasher, token_hash};
use crate::status::Status;
use crate::store::{Credential, Store, Token};

/// Which endpoint a token stands for: 404 for an unknown one, 403 for one that does not count.
#[service]
pub(crate) async fn token(
    Targeted(request): Targeted<EndpointTokenValidationRequest>,
    State(store): State<Store>,
) -> Result<EndpointTokenValidationResponse, Failure> {
    let token = find(&store, &request.app_name, &request.token).await?;
    if token.status != Status::Active {
        return Err(Failure::new(ErrorStatus::FORBIDDEN, format!("the token is {}", token.status.as_str())));
    }
    Ok(EndpointTokenValidationResponse {
        token_id: Some(token.id.into()),
        endpoint_id: Some(token.endpoint.into()),
        ..request.response(Outcome::OK)
    })
}

/// Gives a token another status.
#[service]
pub(crate) async fn transition(
    Targeted(request): Targeted<EndpointTokenStatusTransitionRequest>,
    State(store): State<Store>,
    messaging: Messaging,
) -> Result<EndpointTokenStatusTransitionResponse, Failure> {
    let target: Status = request.target_status.parse()?;
    let token = find(&store, &request.app_name, &request.token).await?;
    step::<Token>(store, messaging, token.id, target).await?;
    Ok(request.response(Outcome::OK))
}

async fn find(store: &Store, application: &str, token: &str) -> Result<Token, Failure> {
    let found = store.token(application.to_owned(), token_hash(token)).await?;
    found.ok_or_else(|| Failure::not_found("no such token"))
}

/// Whose user name and password these are (16/ECAP).
#[service]
pub(crate) async fn password(
    Targeted(request): Targeted<ClientUsernamePasswordValidationRequest>,
    State(store): State<Store>,
    State(hasher): State<Arc<Hasher>>,
) -> Result<ClientUsernamePasswordValidationResponse, Failure> {
    let text = |text: &Option<ByteString>| text.as_deref().unwrap_or_default().to_owned();
    let credential = log_in(&store, &hasher, text(&request.username), text(&request.password)).await?;
    Ok(ClientUsernamePasswordValidationResponse {
        credential_id: Some(credential.id.into()),
        client_id: Some(credential.client.into()),
        ..request.response(Outcome::OK)
    })
}

/// The same for one tenant (22/CAP).
#[service]
pub(crate) async fn basic(
    Targeted(request): Targeted<ClientBasicAuthenticationRequest>,
    State(store): State<Store>,
    State(hasher): State<Arc<Hasher>>,
) -> Result<ClientBasicAuthenticationResponse, Failure> {
    let (username, password) = (request.username.to_string(), request.password.to_string());
    let credential = log_in(&store, &hasher, username, password).await?;
    if *credential.tenant != *request.tenant_id {
        return Err(nobody());
    }
    Ok(ClientBasicAuthenticationResponse {
        credentials_id: Some(credential.id.into()),
        client_id: Some(credential.client.into()),
        ..request.response(Outcome::OK)
    })
}

/// Whose certificate it is (16/ECAP).
#[service]
pub(crate) async fn certificate(
    Targeted(request): Targeted<ClientCertificateValidationRequest>,
    State(store): State<Store>,
) -> Result<ClientCertificateValidationResponse, Failure> {
    let found = store.certificate(request.issuer.to_string(), request.serial_number.to_string()).await?;
    let credential = active(found)?;
    Ok(ClientCertificateValidationResponse {
        credential_id: Some(credential.id.into()),
        client_id: Some(credential.client.into()),
        ..request.response(Outcome::OK)
    })
}

/// The same with its tenant (22/CAP).
#[service]
pub(crate) async fn tenant_certificate(
    Targeted(request): Targeted<ClientCertificateAuthenticationRequest>,
    State(store): State<Store>,
) -> Result<ClientCertificateAuthenticationResponse, Failure> {
    let found = store.certificate(request.issuer.to_string(), request.serial_number.to_string()).await?;
    let credential = active(found)?;
    Ok(ClientCertificateAuthenticationResponse {
        tenant_id: Some(credential.tenant.into()),
        credentials_id: Some(credential.id.into()),
        client_id: Some(credential.client.into()),
        ..request.response(Outcome::OK)
    })
}

async fn log_in(
    store: &Store,
    hasher: &Hasher,
    username: String,
    password: String,
) -> Result<Credential, Failure> {
    let (credential, hash) = store.user(username).await?.unzip();
    if !hasher.verify(password, hash.flatten()).await? {
        return Err(nobody());
    }
    // Hashing takes a while, and it may have been revoked meanwhile.
    let id = credential.map(|credential| credential.id).ok_or_else(nobody)?;
    active(store.get(id).await?)
}

fn active(found: Option<Credential>) -> Result<Credential, Failure> {
    found.filter(|credential| credential.status == Status::Active).ok_or_else(nobody)
}

/// The same for everybody: whoever guesses does not learn what was wrong.
fn nobody() -> Failure {
    Failure::new(ErrorStatus::UNAUTHORIZED, "no active credential of a client")
}
