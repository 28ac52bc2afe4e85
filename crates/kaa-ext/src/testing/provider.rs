//! A provider of a test: a service that is asked, and answers well, late, wrongly or never.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Message};
use kaa_protocol::ism::{Message as _, Request};
use kaa_protocol::subject::{Subject, SubjectFilter, Target};
use tokio::task::{AbortHandle, JoinSet};

use super::service::TestService;

impl TestService {
    /// Answers requests of one type, as long as what is returned lives.
    ///
    /// The correlation ID of a response need not be set.
    pub async fn answer<R: Request>(
        &self,
        respond: impl FnMut(R) -> R::Response + Send + 'static,
    ) -> Answering<R> {
        self.answer_late(Duration::ZERO, respond).await
    }

    /// The same, each time after this delay: a provider that is slow.
    pub async fn answer_late<R: Request>(
        &self,
        delay: Duration,
        mut respond: impl FnMut(R) -> R::Response + Send + 'static,
    ) -> Answering<R> {
        let say = move |request: R| {
            let correlation_id = request.header().correlation_id.into();
            let mut response = respond(request);
            response.set_correlation_id(correlation_id);
            Some(response.to_bytes())
        };
        self.say(delay, say).await
    }

    /// Answers every request of one type with a response that lacks its last byte: a provider that is broken, or
    /// of another revision.
    pub async fn broken<R: Request>(&self) -> Answering<R> {
        let say = |request: R| {
            let mut response = R::Response::default();
            response.set_correlation_id(request.header().correlation_id.into());
            let mut bytes = response.to_bytes();
            bytes.truncate(bytes.len().saturating_sub(1));
            Some(bytes)
        };
        self.say(Duration::ZERO, say).await
    }

    /// Takes requests of one type and never answers: a provider that hangs. Where nobody takes them, who asks
    /// learns it at once; here, at the deadline.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use kaa_ext::prelude::*;
    /// use kaa_ext::protocol::cdtp::ConfigRequest;
    /// use kaa_ext::testing::{TestKaa, Venue};
    ///
    /// #[resource("/config")]
    /// async fn config(messaging: Messaging) -> Result<(), Failure> {
    ///     let provider = ServiceInstance::from_static("cdp");
    ///     messaging.request(provider, &ConfigRequest::default(), Duration::from_secs(5)).await?;
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), kaa_ext::BuildError> {
    /// let extension = Extension::new("cmx").resources(resources![config]).build()?;
    /// let kaa = TestKaa::start_in(Venue::Process, extension).await;
    /// let device = kaa.endpoint("ep-1");
    /// device.request("/config").await.assert_status(503);
    ///
    /// let hanging = kaa.service("cdp").silent::<ConfigRequest>().await;
    /// device.request("/config").await.assert_status(504);
    /// hanging.assert_asked(1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn silent<R: Request>(&self) -> Answering<R> {
        self.say(Duration::ZERO, |_: R| None).await
    }

    async fn say<R: Request>(
        &self,
        delay: Duration,
        mut say: impl FnMut(R) -> Option<Bytes> + Send + 'static,
    ) -> Answering<R> {
        let target = Target::Service(self.messaging().instance().clone());
        let subject = R::ADDRESS.subject(&target).expect("every protocol has a subject for a service");
        let bus = self.messaging().bus().clone();
        let requests = bus.subscribe(SubjectFilter::from(subject), Some(self.messaging().instance())).await;
        let mut requests = requests.expect("the bus takes a subscription");
        let asked = Arc::new(Asked::default());
        let (counted, who) = (asked.clone(), self.to_string());
        let task = tokio::spawn(async move {
            // With the task, all answers end that are still to be given.
            let mut late = JoinSet::new();
            while let Some(message) = requests.next().await {
                counted.times.fetch_add(1, Relaxed);
                let answered = read::<R>(&message).map(|(request, reply_to)| (say(request), reply_to));
                match answered {
                    Ok((None, _)) => {}
                    Ok((Some(bytes), reply_to)) if delay.is_zero() => publish(&bus, reply_to, bytes).await,
                    Ok((Some(bytes), reply_to)) => {
                        let bus = bus.clone();
                        late.spawn(async move {
                            tokio::time::sleep(delay).await;
                            publish(&bus, reply_to, bytes).await;
                        });
                    }
                    Err(problem) => {
                        let problem = format!("{who} was asked what is no valid request: {problem}");
                        counted.problem.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
                    }
                }
            }
        });
        Answering { who: self.to_string(), task: task.abort_handle(), asked, requests: PhantomData }
    }
}

fn read<R: Request>(message: &Message) -> Result<(R, Subject), String> {
    let request = R::decode(&message.payload).map_err(|error| error.to_string())?.record;
    let reply_to = message.reply_to.clone().ok_or("it does not say where its response goes")?;
    let reply_to = R::ADDRESS.judge(&reply_to.into_bytes()).map_err(|error| error.to_string())?;
    Ok((request, reply_to.into_subject()))
}

pub(super) async fn publish(bus: &Bus, to: Subject, bytes: Bytes) {
    // The bus of a test that is over is closed, and one that went away takes nothing.
    let _ = bus.publish(to, None, bytes).await;
}

/// What a provider has been asked.
#[derive(Debug, Default)]
struct Asked {
    times: AtomicU64,
    problem: Mutex<Option<String>>,
}

/// A service that answers requests of type `R`. Dropping it ends that.
#[derive(Debug)]
#[must_use = "the service answers as long as this lives"]
pub struct Answering<R> {
    who: String,
    task: AbortHandle,
    asked: Arc<Asked>,
    requests: PhantomData<fn() -> R>,
}

impl<R> Answering<R> {
    /// How many requests have come so far.
    pub fn asked(&self) -> u64 {
        self.asked.times.load(Relaxed)
    }

    /// Expects that so many requests have come so far, and that all of them were valid.
    #[track_caller]
    pub fn assert_asked(&self, times: u64) -> &Self {
        let problem = self.asked.problem.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert_eq!(problem, None, "every request is valid");
        assert_eq!(self.asked(), times, "so often {} was asked", self.who);
        self
    }
}

impl<R> Drop for Answering<R> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
