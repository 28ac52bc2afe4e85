//! Modes `ecap` and `cap`: a provider on the bus decides.

mod answer;
mod revoked;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytestring::ByteString;
use kaa_bus::{Messaging, RequestError, SubscribeError};
use kaa_protocol::ism::Request;
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::{cap, ecap};
use tokio::sync::mpsc;
use tokio::time::Instant;

use self::answer::Answer;
use self::revoked::Revoked;
use super::counters::Tally;
use super::login::{Client, ClientCertificate, Denied, Shown};
use crate::identity::Revocation;

/// A provider. What it says is not kept: it is asked at every login, so that nobody comes in on what it would
/// not say any more, even when its event about that was lost.
#[derive(Debug)]
pub(super) struct Provider {
    messaging: Messaging,
    instance: ServiceInstance,
    protocol: Protocol,
    revoked: Revoked,
    /// Whether it did not decide when it was asked last: the log tells when that changes.
    is_away: AtomicBool,
}

/// How a provider is spoken to.
#[derive(Debug, Clone)]
pub(super) enum Protocol {
    /// 16/ECAP.
    Ecap,
    /// 22/CAP, about the clients of one tenant.
    Cap { tenant_id: ByteString },
}

impl Provider {
    /// Listens for revocations from now on.
    pub(super) async fn start(
        messaging: Messaging,
        instance: ServiceInstance,
        protocol: Protocol,
        tally: Arc<Tally>,
        receiver: mpsc::Sender<Revocation>,
    ) -> Result<Self, SubscribeError> {
        let revoked = Revoked::listen(&messaging, &instance, &protocol, tally, receiver).await?;
        Ok(Self { messaging, instance, protocol, revoked, is_away: AtomicBool::new(false) })
    }

    /// What is known without asking: the password of a client is text, and 22/CAP wants a user name with it.
    pub(super) fn know(&self, shown: &Shown) -> Option<Result<Client, Denied>> {
        let Shown::Password { user_name, password } = shown else { return None };
        let is_text = password.as_ref().is_none_or(|password| std::str::from_utf8(password).is_ok());
        let is_whole = user_name.is_some() && password.is_some();
        let can_be_asked = is_text && (is_whole || matches!(self.protocol, Protocol::Ecap));
        (!can_be_asked).then_some(Err(Denied::Credentials))
    }

    pub(super) async fn ask(&self, shown: Shown, deadline: Duration) -> Result<Client, Denied> {
        let asked = Instant::now();
        let answer = match shown {
            Shown::Certificate(certificate) => self.ask_about_certificate(certificate, deadline).await,
            Shown::Password { user_name, password } => {
                let password = password.map(ByteString::try_from).transpose();
                let password = password.map_err(|_| Denied::Credentials)?;
                self.ask_about_password(user_name, password, deadline).await
            }
        };
        match answer {
            Ok(answer) => self.judge(answer, asked),
            Err(error) => Err(self.does_not_decide(&error)),
        }
    }

    async fn ask_about_password(
        &self,
        username: Option<ByteString>,
        password: Option<ByteString>,
        deadline: Duration,
    ) -> Result<Answer, RequestError> {
        match &self.protocol {
            Protocol::Ecap => {
                let request = ecap::ClientUsernamePasswordValidationRequest {
                    username,
                    password,
                    ..Default::default()
                };
                self.request(&request, deadline).await
            }
            Protocol::Cap { tenant_id } => {
                let request = cap::ClientBasicAuthenticationRequest {
                    tenant_id: tenant_id.clone(),
                    username: username.unwrap_or_default(),
                    password: password.unwrap_or_default(),
                    ..Default::default()
                };
                self.request(&request, deadline).await
            }
        }
    }

    async fn ask_about_certificate(
        &self,
        certificate: ClientCertificate,
        deadline: Duration,
    ) -> Result<Answer, RequestError> {
        let ClientCertificate { issuer, serial_number } = certificate;
        match &self.protocol {
            Protocol::Ecap => {
                let request =
                    ecap::ClientCertificateValidationRequest { issuer, serial_number, ..Default::default() };
                self.request(&request, deadline).await
            }
            Protocol::Cap { tenant_id } => {
                let request = cap::ClientCertificateAuthenticationRequest {
                    issuer,
                    serial_number,
                    ..Default::default()
                };
                Ok(self.request(&request, deadline).await?.of_tenant(tenant_id))
            }
        }
    }

    async fn request<R: Request>(&self, request: &R, deadline: Duration) -> Result<Answer, RequestError>
    where
        Answer: From<R::Response>,
    {
        self.messaging.request(self.instance.clone(), request, deadline).await.map(Answer::from)
    }

    fn judge(&self, answer: Answer, asked: Instant) -> Result<Client, Denied> {
        let decision = match (answer.status_code, answer.client_id) {
            (200, Some(id)) if !id.is_empty() => Ok(Client { id: Some(id), credential: answer.credential }),
            (401 | 403 | 404, _) => Err(Denied::Credentials),
            (200, _) => return Err(self.does_not_decide(&"it answers 200 without a client ID")),
            (code, _) => return Err(self.does_not_decide(&format_args!("it answers {code}"))),
        };
        self.decides();
        // It may have been revoked while the answer was on its way.
        decision.and_then(|client| match &client.credential {
            Some(credential) if self.revoked.since(asked, credential) => Err(Denied::Credentials),
            _ => Ok(client),
        })
    }

    fn does_not_decide(&self, reason: &dyn fmt::Display) -> Denied {
        if !self.is_away.swap(true, Ordering::Relaxed) {
            let provider = &self.instance;
            tracing::warn!(%provider, %reason, "the provider does not decide about clients; they are refused until it does");
        }
        Denied::Unavailable
    }

    fn decides(&self) {
        if self.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!(provider = %self.instance, "the provider decides about clients again");
        }
    }
}
