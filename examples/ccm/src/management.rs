//! REST: creating, listing, suspending, resuming and revoking tokens and credentials.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use kaa_ext::bus::Messaging;
use kaa_ext::protocol::name::{EndpointId, EndpointToken};
use kaa_ext::rest::{Api, Json, Limit, Path, Problem, Query, routes};
use kaa_ext::{ReplyError, Secret};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::revocation::{Announced, step};
use crate::secret::{random, token_hash};
use crate::status::{Status, Step};
use crate::store::{Credential, Kept, Token};

/// The longest text of a credential, in bytes.
pub(crate) const LONGEST: usize = 1_024;

#[derive(Clone)]
struct Desk {
    app: App,
    messaging: Messaging,
}

/// The routes.
pub(crate) fn api(app: App, messaging: Messaging) -> Api {
    Api::new()
        .routes(routes!(create_token, list_tokens))
        .routes(routes!(step_token))
        .routes(routes!(create_client, list_clients))
        .routes(routes!(step_client))
        .with_state(Arc::new(Desk { app, messaging }))
}

/// A token to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// The application that the endpoint belongs to.
    application: String,
    /// The endpoint that it stands for.
    endpoint: String,
    /// The token, if it is not to be made here.
    #[schema(value_type = Option<String>)]
    token: Option<Secret>,
}

/// A token that was just created: the only time that it is shown.
#[derive(Serialize, ToSchema)]
struct CreatedToken {
    #[serde(flatten)]
    about: Token,
    /// What the device shows.
    token: String,
}

/// A credential to create: a user name and a password, or a certificate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewCredential {
    /// The tenant that the client belongs to. Only 22/CAP asks for it.
    #[serde(default)]
    tenant: String,
    /// The client.
    client: String,
    /// The user name. No other credential has it, of whichever tenant.
    username: Option<String>,
    /// The password.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// The issuer of the certificate, as RFC 4514 writes it.
    issuer: Option<String>,
    /// The serial number of the certificate, in decimal digits.
    serial_number: Option<String>,
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Part {
    /// The ID that the part before ended with.
    #[serde(default)]
    after: String,
    /// How many, 1 to 1000; 100 when it is left out.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

type Answer<T> = Result<T, Problem>;

/// Creates a token. It is shown this once.
#[utoipa::path(post, path = "/tokens", request_body = NewToken,
    responses((status = 201, body = CreatedToken), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn create_token(
    State(desk): State<Arc<Desk>>,
    Json(new): Json<NewToken>,
) -> Answer<(StatusCode, Json<CreatedToken>)> {
    bounded("application", &new.application)?;
    let endpoint =
        new.endpoint.parse::<EndpointId>().map_err(|error| Problem::bad_request(error.to_string()))?;
    let token = match new.token {
        Some(token) => token.expose().to_owned(),
        None => random::<24>().map_err(problem)?,
    };
    // Its error would quote the token.
    if token.parse::<EndpointToken>().is_err() {
        return Err(Problem::bad_request(
            "`token` is none: expected 1 to 128 bytes without '/', '+', '#' and '.'",
        ));
    }
    let id = random::<12>().map_err(problem)?;
    let (application, endpoint) = (new.application, endpoint.to_string());
    let about = Token { id, application, endpoint, status: Status::Active };
    if !desk.app.store.add_token(about.clone(), token_hash(&token)).await.map_err(problem)? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "the application has this token already; choose another one",
        ));
    }
    Ok((StatusCode::CREATED, Json(CreatedToken { about, token })))
}

/// Lists tokens, without themselves.
#[utoipa::path(get, path = "/tokens", params(Part),
    responses((status = 200, body = [Token]), (status = 400, body = Problem)))]
async fn list_tokens(State(desk): State<Arc<Desk>>, Query(part): Query<Part>) -> Answer<Json<Vec<Token>>> {
    list(&desk, part).await
}

/// Suspends, resumes or revokes a token. Suspended and revoked ones cut the sessions that use them.
#[utoipa::path(post, path = "/tokens/{id}/{step}",
    params(("id" = String, Path), ("step" = Step, Path)),
    responses((status = 200, body = Token), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem, description = "Stored, but not announced: repeat the request")))]
async fn step_token(State(desk): State<Arc<Desk>>, Path(path): Path<(String, Step)>) -> Answer<Json<Token>> {
    stepped(&desk, path).await
}

/// Creates a credential of a client.
#[utoipa::path(post, path = "/clients", request_body = NewCredential,
    responses((status = 201, body = Credential), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn create_client(
    State(desk): State<Arc<Desk>>,
    Json(new): Json<NewCredential>,
) -> Answer<(StatusCode, Json<Credential>)> {
    bounded("client", &new.client)?;
    if new.tenant.len() > LONGEST {
        bounded("tenant", &new.tenant)?;
    }
    let hash = match (&new.username, &new.password, &new.issuer, &new.serial_number) {
        (Some(username), Some(password), None, None) => {
            bounded("username", username)?;
            bounded("password", password.expose())?;
            Some(desk.app.hasher.hash(password.expose().to_owned()).await.map_err(problem)?)
        }
        (None, None, Some(issuer), Some(serial_number)) => {
            bounded("issuer", issuer)?;
            bounded("serialNumber", serial_number)?;
            None
        }
        _ => {
            return Err(Problem::bad_request(
                "expected either username and password, or issuer and serialNumber",
            ));
        }
    };
    let id = random::<12>().map_err(problem)?;
    let NewCredential { tenant, client, username, issuer, serial_number, .. } = new;
    let credential =
        Credential { id, tenant, client, username, issuer, serial_number, status: Status::Active };
    if !desk.app.store.add_credential(credential.clone(), hash).await.map_err(problem)? {
        let detail =
            "there is a credential with this user name or certificate already; a revoked one keeps it";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    Ok((StatusCode::CREATED, Json(credential)))
}

/// Lists credentials, without passwords.
#[utoipa::path(get, path = "/clients", params(Part),
    responses((status = 200, body = [Credential]), (status = 400, body = Problem)))]
async fn list_clients(
    State(desk): State<Arc<Desk>>,
    Query(part): Query<Part>,
) -> Answer<Json<Vec<Credential>>> {
    list(&desk, part).await
}

/// Suspends, resumes or revokes a credential. Suspended and revoked ones cut the sessions of their client.
#[utoipa::path(post, path = "/clients/{id}/{step}",
    params(("id" = String, Path), ("step" = Step, Path)),
    responses((status = 200, body = Credential), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem, description = "Stored, but not announced: repeat the request")))]
async fn step_client(
    State(desk): State<Arc<Desk>>,
    Path(path): Path<(String, Step)>,
) -> Answer<Json<Credential>> {
    stepped(&desk, path).await
}

async fn list<T: Kept>(desk: &Desk, Part { after, limit }: Part) -> Answer<Json<Vec<T>>> {
    desk.app.store.list(after, limit.get()).await.map(Json).map_err(problem)
}

async fn stepped<T: Announced>(desk: &Desk, (id, asked): (String, Step)) -> Answer<Json<T>> {
    let (store, messaging) = (desk.app.store.clone(), desk.messaging.clone());
    step(store, messaging, id, asked.target()).await.map(Json).map_err(problem)
}

fn bounded(field: &str, text: &str) -> Answer<()> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(Problem::bad_request(format!(
            "`{field}` has {} bytes; expected 1 to {LONGEST}",
            text.len()
        )));
    }
    Ok(())
}

/// Those who manage credentials are told what a device is not.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn problem(error: impl ReplyError) -> Problem {
    Problem::of(error.status().code(), &error)
}
