//! One request to an extension, as a communication service would send it, and the wait for its answer.

use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Clock, Message, PublishError, SubscribeError, Subscription};
use kaa_protocol::avro::{EncodeError, Record};
use kaa_protocol::esp::{self, ClientData, ExtensionData, Revision};
use kaa_protocol::name::{ConfigName, EndpointId, NameError, ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Subject, Target};
use tokio::time::{Instant, timeout};

/// Who asks in this way, of those that are no communication service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asker {
    /// `kaa call`.
    Call,
    /// `kaa bench`.
    Bench,
    /// `kaa doctor`.
    Doctor,
    /// The form of the console.
    Console,
}

impl Asker {
    const ALL: [Self; 4] = [Self::Call, Self::Bench, Self::Doctor, Self::Console];

    /// What it is, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Call => "kaa call",
            Self::Bench => "kaa bench",
            Self::Doctor => "kaa doctor",
            Self::Console => "the console",
        }
    }

    /// What its names begin with, which are those of its return paths and of its correlation IDs.
    fn prefix(self) -> &'static str {
        match self {
            Self::Call => "kaa-call-",
            Self::Bench => "kaa-bench-",
            Self::Doctor => "kaa-doctor-",
            Self::Console => "kaa-console-",
        }
    }

    /// A name that nobody else has: of whoever asks, and of what is asked.
    pub fn name(self, bus: &Bus) -> String {
        format!("{}{}-{:x}", self.prefix(), std::process::id(), bus.random())
    }

    /// Whose name this is: `None` for a communication service.
    ///
    /// ```
    /// use kaa_tap::call::Asker;
    ///
    /// assert_eq!(Asker::of("kaa-call-1989-3f"), Some(Asker::Call));
    /// assert_eq!(Asker::of("kaa-kpc-0"), None);
    /// ```
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asker| name.starts_with(asker.prefix()))
    }
}

/// What is asked, of whom.
#[derive(Debug)]
pub struct Question<'a> {
    /// Who asks.
    pub asker: Asker,
    /// The service instance.
    pub instance: &'a ServiceInstance,
    /// The resource path, such as `/json`.
    pub resource_path: &'a str,
    /// The payload.
    pub payload: &'a [u8],
    /// The endpoint that asks; none for endpoint-unaware extensions.
    pub endpoint: Option<&'a EndpointId>,
    /// The application version of the endpoint.
    pub app_version: &'a str,
    /// The request ID.
    pub request_id: i32,
    /// The name of a configuration, beside the path.
    pub config_name: Option<&'a ConfigName>,
    /// How long to wait; the request expires then.
    pub timeout: Duration,
}

/// An answer and how long it took.
#[derive(Debug)]
pub struct Asked {
    /// The correlation ID of the request.
    pub correlation_id: String,
    /// The status.
    pub status: i32,
    /// The reason, if one was given.
    pub reason: Option<String>,
    /// The payload.
    pub payload: Option<Vec<u8>>,
    /// When it was made, by the clock of whoever made it, in Unix milliseconds.
    pub timestamp: i64,
    /// When it was asked, by the clock of this machine, in Unix milliseconds.
    pub asked_at: i64,
    /// How long it took.
    pub latency: Duration,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody listens.
    #[error(
        "nobody serves the extension instance \"{instance}\": no subscriber on {subject}; is it running, and is the name right?"
    )]
    NobodyServes {
        /// Who was asked.
        instance: ServiceInstance,
        /// Where.
        subject: Subject,
    },
    /// No answer came in time.
    #[error("no answer from \"{instance}\" within {waited:?}; the request may or may not have been handled")]
    NoAnswer {
        /// Who was asked.
        instance: ServiceInstance,
        /// For how long an answer was waited for.
        waited: Duration,
    },
    /// No name of a replica.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The return path could not be listened to.
    #[error("no way back for the answer")]
    Subscribe(#[from] SubscribeError),
    /// The bus did not take the request.
    #[error("the request was not sent")]
    Publish(#[from] PublishError),
    /// The request is none.
    #[error("the request cannot be encoded")]
    Encode(#[from] EncodeError),
    /// The bus was closed.
    #[error("the connection was closed before an answer came")]
    Closed,
}

/// Asks once, within the time of the question.
///
/// # Errors
///
/// [`CallError`]: nobody serves it, no answer came in time, or the bus failed.
///
/// # Cancel safety
///
/// When the future is dropped, the request may have been sent; nothing is left behind.
pub async fn ask(bus: &Bus, question: &Question<'_>) -> Result<Asked, CallError> {
    let asked_at = Clock::System.millis();
    let own = question.asker.name(bus);
    let replica: ReplicaId = own.parse()?;
    let return_path = Subject::from(&esp::extension_data_subject(Target::Replica(replica)));
    let mut answers = bus.subscribe(return_path.clone(), None).await?;

    let subject = Subject::from(&esp::client_data_subject(Target::Service(question.instance.clone())));
    let datum = question.datum(&own, asked_at, Some(question.request_id))?;
    let started = Instant::now();
    bus.publish(subject.clone(), Some(return_path), datum).await?;
    let answered = timeout(question.timeout, answer(&mut answers, &own)).await;
    let latency = started.elapsed();
    match answered {
        Ok(Some(Answer::Reply { status, reason, payload, timestamp })) => {
            Ok(Asked { correlation_id: own, status, reason, payload, timestamp, asked_at, latency })
        }
        Ok(Some(Answer::NobodyServes)) => {
            Err(CallError::NobodyServes { instance: question.instance.clone(), subject })
        }
        Ok(None) => Err(CallError::Closed),
        Err(_) => Err(CallError::NoAnswer { instance: question.instance.clone(), waited: question.timeout }),
    }
}

/// Sends the same without a request ID: nobody answers. Returns its correlation ID.
///
/// # Errors
///
/// [`CallError::Publish`] and [`CallError::Encode`].
///
/// # Cancel safety
///
/// When the future is dropped, the request may have been sent.
pub async fn tell(bus: &Bus, question: &Question<'_>) -> Result<String, CallError> {
    let own = question.asker.name(bus);
    let subject = Subject::from(&esp::client_data_subject(Target::Service(question.instance.clone())));
    bus.publish(subject, None, question.datum(&own, Clock::System.millis(), None)?).await?;
    Ok(own)
}

impl Question<'_> {
    /// The same as a datum on the wire, made at a time in Unix milliseconds. Without a request ID nobody answers it.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a field is too long.
    pub fn datum(
        &self,
        correlation_id: &str,
        at: i64,
        request_id: Option<i32>,
    ) -> Result<Bytes, EncodeError> {
        let data = ClientData {
            correlation_id,
            timestamp: at,
            timeout: i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX),
            app_version_name: self.app_version,
            endpoint_id: self.endpoint.map(EndpointId::as_str),
            resource_path: self.resource_path,
            request_id,
            payload: self.payload,
            config_name: self.config_name.map(ConfigName::as_str),
        };
        // The last revision differs from the first only by the name of a configuration.
        let revision = if data.config_name.is_some() { Revision::Current } else { Revision::Seed };
        data.encode(revision)
    }
}

enum Answer {
    Reply { status: i32, reason: Option<String>, payload: Option<Vec<u8>>, timestamp: i64 },
    NobodyServes,
}

/// Waits for the message that answers `correlation_id`, or says that nobody will.
async fn answer(answers: &mut Subscription, correlation_id: &str) -> Option<Answer> {
    loop {
        let Message { payload, no_responders, .. } = answers.next().await?;
        if no_responders.is_some() {
            return Some(Answer::NobodyServes);
        }
        if let Ok(decoded) = ExtensionData::decode(&payload)
            && decoded.record.correlation_id == correlation_id
        {
            let data = decoded.record;
            return Some(Answer::Reply {
                status: data.status_code,
                reason: data.reason_phrase.map(str::to_owned),
                payload: data.payload.map(<[u8]>::to_vec),
                timestamp: data.timestamp,
            });
        }
    }
}
