//! 16/ECAP: who an endpoint is, and whether a client may connect.
//!
//! | asked | request and response at `kaa.v1.service.<provider>.ecap.…` |
//! |---|---|
//! | whose token is this? | `ep-token-request`, `ep-token-response` |
//! | may the token change its state? | `ep-token-status-transition-request`, `…-response` |
//! | is this the client's password? | `client-username-password-request`, `…-response` |
//! | is this the client's certificate? | `client-certificate-request`, `…-response` |
//!
//! | announced | event at `kaa.v1.events.<provider>.…` |
//! |---|---|
//! | tokens are not valid any more | `endpoint.token.revoked` |
//! | a client's credential is not valid any more | `client.credential.revoked` |
//!
//! The message type of the transition is our choice: its records were published without a subject.
//! The newer [`cap`](crate::cap) does for clients what this protocol does.

mod client;
mod token;

pub use client::{
    ClientCertificateValidationRequest, ClientCertificateValidationResponse, ClientCredentialRevokedEvent,
    ClientUsernamePasswordValidationRequest, ClientUsernamePasswordValidationResponse,
};
pub use token::{
    EndpointTokenRevokedEvent, EndpointTokenStatusTransitionRequest, EndpointTokenStatusTransitionResponse,
    EndpointTokenValidationRequest, EndpointTokenValidationResponse,
};
