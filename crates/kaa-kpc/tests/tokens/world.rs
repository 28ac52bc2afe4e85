//! What the tests need: tokens, a provider, and one played by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Clock, MemoryServer, Messaging, Subscription};
use kaa_ext::ErrorStatus;
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_kpc::identity::Revocation;
use kaa_kpc::identity::clients::Client;
use kaa_kpc::identity::tokens::{KnownEndpoint, ProviderOptions, Tokens, TokensOptions};
use kaa_kpc::relay::Answer;
use kaa_protocol::avro::Record;
use kaa_protocol::ecap::{
    EndpointTokenRevokedEvent, EndpointTokenValidationRequest, EndpointTokenValidationResponse,
};
use kaa_protocol::ism::Message;
use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use kaa_protocol::name::ReplicaId;
use kaa_protocol::subject::{Subject, SubjectFilter};
use tokio::sync::mpsc;

pub(crate) const PROVIDER: ServiceInstance = ServiceInstance::from_static("cred");

/// A bus, and what is on it.
pub(crate) struct World {
    pub(crate) server: MemoryServer,
    clock: Clock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { server: MemoryServer::new(), clock: Clock::tokio() }
    }

    pub(crate) async fn front(&self) -> Front {
        self.front_with(|_| {}).await
    }

    /// Tokens with other options.
    pub(crate) async fn front_with(&self, change: impl FnOnce(&mut ProviderOptions)) -> Front {
        let mut options = ProviderOptions::new(PROVIDER);
        change(&mut options);
        let (sender, revoked) = mpsc::channel(1);
        let options = TokensOptions::Provider(options);
        let tokens = Tokens::start(self.messaging("kpc"), options, sender).await.unwrap();
        Front { tokens: Arc::new(tokens), revoked }
    }

    /// A provider made with the SDK.
    pub(crate) async fn provider(&self) -> Provider {
        let asked = Arc::new(AtomicU64::new(0));
        let book = Book { asked: Arc::clone(&asked) };
        let extension = Extension::new("cred").state(book).services(services![validate]).build().unwrap();
        Provider { kaa: TestKaa::start_on(self.server.connect(), extension).await, asked }
    }

    /// A provider that does what a test tells it.
    pub(crate) async fn puppet(&self) -> Puppet {
        let bus = self.server.connect();
        let filter: SubjectFilter = "kaa.v1.service.cred.ecap.ep-token-request".parse().unwrap();
        let requests = bus.subscribe(filter, Some(&PROVIDER)).await.unwrap();
        Puppet { bus, requests }
    }

    pub(crate) async fn revoke(&self, endpoint_id: &'static str, token_ids: &[&str]) {
        self.messaging("cred").publish_event(&revoked(endpoint_id, token_ids)).await.unwrap();
    }

    pub(crate) fn messaging(&self, service: &str) -> Messaging {
        let replica: ReplicaId = format!("{service}-0").parse().unwrap();
        Messaging::with_clock(self.server.connect(), service.parse().unwrap(), replica, self.clock)
    }
}

pub(crate) fn revoked(endpoint_id: &'static str, token_ids: &[&str]) -> EndpointTokenRevokedEvent {
    EndpointTokenRevokedEvent {
        app_name: "kettle".into(),
        endpoint_id: endpoint_id.into(),
        token_ids: token_ids.iter().copied().collect(),
        ..EndpointTokenRevokedEvent::default()
    }
}

/// Tokens, as a session sees them.
pub(crate) struct Front {
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) revoked: mpsc::Receiver<Revocation>,
}

/// The endpoint and the ID of its token, or the refusal.
pub(crate) type Said = Result<(String, Option<String>), String>;

impl Front {
    /// What is known at once.
    pub(crate) fn know(&self, token: &str) -> Option<Said> {
        let path = path(token);
        let token = path.endpoint.as_ref().unwrap();
        self.tokens.know("kettle", &path, token, &Client::default()).map(said)
    }

    /// What is known in the end, for whoever does not wait here.
    pub(crate) fn ask(&self, token: &str) -> impl Future<Output = Said> + Send + 'static {
        self.ask_in("kettle", token)
    }

    pub(crate) fn ask_in(
        &self,
        application: &'static str,
        token: &str,
    ) -> impl Future<Output = Said> + Send + 'static {
        let (tokens, path) = (Arc::clone(&self.tokens), path(token));
        async move {
            let token = path.endpoint.as_ref().unwrap();
            said(tokens.ask(application, &path, token, &Client::default()).await)
        }
    }
}

pub(crate) fn path(token: &str) -> RequestPath {
    RequestPath::from_topic(&format!("kp1/kettle-v1/dcx/{token}/json"), |_| EndpointAwareness::Aware).unwrap()
}

pub(crate) fn said(known: Result<KnownEndpoint, Answer>) -> Said {
    match known {
        Ok(KnownEndpoint { endpoint, token_id }) => {
            assert_eq!(endpoint.app_version, "kettle-v1");
            Ok((endpoint.endpoint_id.to_string(), token_id.map(|id| id.to_string())))
        }
        Err(Answer { status_code, reason_phrase, .. }) => Err(format!("{status_code} {reason_phrase}")),
    }
}

pub(crate) fn found(endpoint: &str, token_id: &str) -> Said {
    Ok((endpoint.to_owned(), Some(token_id.to_owned())))
}

pub(crate) fn refused(text: &str) -> Said {
    Err(text.to_owned())
}

pub(crate) const UNKNOWN: &str = "404 no endpoint has this token";
pub(crate) const REVOKED: &str = "403 the token is revoked or suspended";
pub(crate) const UNAVAILABLE: &str = "503 tokens cannot be checked now; try again later";
pub(crate) const BUSY: &str = "503 too many tokens are being checked; try again later";

/// Everything that can happen without time passing has happened.
pub(crate) async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// A provider, and how often it was asked.
pub(crate) struct Provider {
    pub(crate) kaa: TestKaa,
    asked: Arc<AtomicU64>,
}

impl Provider {
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Relaxed)
    }
}

#[derive(Clone)]
struct Book {
    asked: Arc<AtomicU64>,
}

/// The token `good-<x>` stands for endpoint `ep-<x>`, in one application; other ones for trouble.
#[service]
async fn validate(
    Targeted(request): Targeted<EndpointTokenValidationRequest>,
    State(book): State<Book>,
) -> Result<EndpointTokenValidationResponse, Failure> {
    book.asked.fetch_add(1, Relaxed);
    tokio::time::sleep(Duration::from_millis(10)).await;
    let (kind, rest) = request.token.split_once('-').unwrap_or((&request.token, ""));
    match kind {
        "good" if request.app_name == "kettle" => {}
        "revoked" => return Err(Failure::new(ErrorStatus::FORBIDDEN, "suspended")),
        "broken" => return Err(Failure::internal("the disk burns")),
        "late" => tokio::time::sleep(Duration::from_secs(60)).await,
        _ => return Err(Failure::not_found("no such token")),
    }
    Ok(EndpointTokenValidationResponse {
        token_id: Some(format!("id-{rest}").into()),
        endpoint_id: Some(format!("ep-{rest}").into()),
        ..request.response(Outcome::OK)
    })
}

/// A provider that a test plays by hand.
pub(crate) struct Puppet {
    bus: Bus,
    requests: Subscription,
}

/// A question as the puppet got it.
pub(crate) struct Question {
    pub(crate) request: EndpointTokenValidationRequest,
    reply_to: Subject,
}

impl Puppet {
    pub(crate) async fn next(&mut self) -> Question {
        let message = tokio::time::timeout(Duration::from_secs(60), self.requests.next()).await;
        let message = message.expect("a question comes").unwrap();
        let request = EndpointTokenValidationRequest::decode_strict(&message.payload).unwrap();
        Question { request, reply_to: Subject::try_from(message.reply_to.unwrap()).unwrap() }
    }

    /// Answers with this status, endpoint and token ID.
    pub(crate) async fn answer(&self, question: &Question, answer: (i32, Option<&str>, Option<&str>)) {
        let (status_code, endpoint_id, token_id) = answer;
        let response = EndpointTokenValidationResponse {
            correlation_id: question.request.correlation_id.clone(),
            status_code,
            endpoint_id: endpoint_id.map(Into::into),
            token_id: token_id.map(Into::into),
            ..EndpointTokenValidationResponse::default()
        };
        self.send(question, response.to_bytes()).await;
    }

    pub(crate) async fn send(&self, question: &Question, datum: Bytes) {
        self.bus.publish(question.reply_to.clone(), None, datum).await.unwrap();
    }

    /// Nobody has asked anything more.
    pub(crate) async fn assert_idle(&mut self) {
        let more = tokio::time::timeout(Duration::from_millis(1), self.requests.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}
