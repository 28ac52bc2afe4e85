//! The request on the bus, and the wait for its answer.

use std::time::Duration;

use kaa_ext::bus::{Bus, Clock, ConnectError, Message, PublishError, SubscribeError, Subscription};
use kaa_ext::protocol::avro::{EncodeError, Record};
use kaa_ext::protocol::esp::{self, ClientData, ExtensionData, Revision};
use kaa_ext::protocol::name::{ConfigName, EndpointId, NameError, ReplicaId, ServiceInstance};
use kaa_ext::protocol::subject::{Subject, Target};
use kaa_ext::{NatsConfig, NatsConfigError};
use tokio::time::{Instant, timeout};

use super::Call;

/// An answer and how long it took.
pub(super) struct Asked {
    pub(super) status: i32,
    pub(super) reason: Option<String>,
    pub(super) payload: Option<Vec<u8>>,
    pub(super) latency: Duration,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(
        "nobody serves the extension instance \"{instance}\": no subscriber on {subject}; is it running, and is the name right?"
    )]
    NobodyServes { instance: ServiceInstance, subject: Subject },
    #[error("no answer from \"{instance}\" within {waited:?}; the request may or may not have been handled")]
    NoAnswer { instance: ServiceInstance, waited: Duration },
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Config(#[from] NatsConfigError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("no way back for the answer")]
    Subscribe(#[from] SubscribeError),
    #[error("the request was not sent")]
    Publish(#[from] PublishError),
    #[error("the request cannot be encoded")]
    Encode(#[from] EncodeError),
    #[error("the connection was closed before an answer came")]
    Closed,
}

/// Asks once. Everything happens within `call.timeout`, apart from connecting.
pub(super) async fn ask(call: &Call, payload: Vec<u8>, nats: &NatsConfig) -> Result<Asked, CallError> {
    let options = nats.options()?;
    let bus = Bus::nats(options.name("kaa call")).await?;
    let own = format!("kaa-call-{}-{}", std::process::id(), Clock::System.millis() % 1_000_000);
    let replica: ReplicaId = own.parse()?;
    let return_path = Subject::from(&esp::extension_data_subject(Target::Replica(replica)));
    let mut answers = bus.subscribe(return_path.clone(), None).await?;

    let subject = Subject::from(&esp::client_data_subject(Target::Service(call.instance.clone())));
    let data = ClientData {
        correlation_id: &own,
        timestamp: Clock::System.millis(),
        timeout: i64::try_from(call.timeout.as_millis()).unwrap_or(i64::MAX),
        app_version_name: call.app_version.as_str(),
        endpoint_id: call.endpoint.as_ref().map(EndpointId::as_str),
        resource_path: call.path.as_str(),
        request_id: Some(call.request_id.into()),
        payload: &payload,
        config_name: call.config_name.as_ref().map(ConfigName::as_str),
    };
    // The last revision differs from the first only by the name of a configuration.
    let revision = if data.config_name.is_some() { Revision::Current } else { Revision::Seed };
    let started = Instant::now();
    bus.publish(subject.clone(), Some(return_path), data.encode(revision)?).await?;
    let answered = timeout(call.timeout, answer(&mut answers, &own)).await;
    let latency = started.elapsed();
    // The answer is here, or it is not; the connection has nothing more to say.
    let _ = bus.close(Duration::from_millis(100)).await;
    match answered {
        Ok(Some(Answer::Reply { status, reason, payload })) => Ok(Asked { status, reason, payload, latency }),
        Ok(Some(Answer::NobodyServes)) => {
            Err(CallError::NobodyServes { instance: call.instance.clone(), subject })
        }
        Ok(None) => Err(CallError::Closed),
        Err(_) => Err(CallError::NoAnswer { instance: call.instance.clone(), waited: call.timeout }),
    }
}

enum Answer {
    Reply { status: i32, reason: Option<String>, payload: Option<Vec<u8>> },
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
            });
        }
    }
}
