//! Answers to who looks for services on NATS: the service API of NATS (ADR-32), as `nats micro` speaks it.
//!
//! ```text
//! $SRV.PING | $SRV.INFO | $SRV.STATS | $SRV.DESCRIBE | $SRV.RECENT    [.<instance> [.<replica>]]
//! ```
//!
//! The last two are ours, for the development console: all that there is to say about the functions, and what became
//! of the last messages. These are kept for as long as somebody asks for them.
//!
//! A task of its own with subscriptions of its own does this: no message of a device waits for it, and what it hears
//! is not in the [counters](crate::Counters). It only reads what the task that receives has counted.

mod answers;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::select_all;
use kaa_bus::micro::{self, Verb, name as proper};
use kaa_bus::{Bus, Clock, Message, Overflow, SubscribeError};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{ReplyTo, Subject, SubjectFilter};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::describe::Description;
use crate::figures::Figures;
use answers::Answers;

/// How long to wait after the bus was not there.
const PAUSE: Duration = Duration::from_secs(1);

/// For how long the last messages are kept after somebody has asked for them.
const WANTED: Duration = Duration::from_secs(5);

/// The task that answers. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Discovery(AbortHandle);

impl Drop for Discovery {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Discovery {
    /// Begins to answer, as soon as the bus has the subscriptions.
    pub(crate) fn start(
        bus: Bus,
        clock: Clock,
        replica: &ReplicaId,
        description: &Arc<Description>,
        figures: Arc<Figures>,
    ) -> Self {
        let filters = filters(&description.instance, Some(replica));
        let answers = Answers::new(replica, description, figures, clock.now());
        Self(tokio::spawn(run(bus, filters, answers)).abort_handle())
    }
}

async fn run(bus: Bus, filters: Vec<SubjectFilter>, answers: Answers) {
    let subscriptions = loop {
        // Who asks too much loses the oldest questions, and nothing else.
        let subscribe =
            |filter: &SubjectFilter| bus.subscribe_with(filter.clone(), None, Overflow::DropOldest);
        match try_join_all(filters.iter().map(subscribe)).await {
            Ok(subscriptions) => break subscriptions,
            Err(SubscribeError::Closed { .. }) => return,
            Err(error @ SubscribeError::Forbidden(_)) => {
                return tracing::warn!(
                    "nobody can find this service on NATS, which does not hinder it: {error}"
                );
            }
            Err(_) => sleep(PAUSE).await,
        }
    };
    let mut questions = select_all(subscriptions);
    // When nobody wants to know of the last messages any more.
    let mut wanted_until: Option<Instant> = None;
    loop {
        let forget = sleep_until(wanted_until.unwrap_or_else(Instant::now));
        let question = tokio::select! {
            biased;
            question = questions.next() => match question {
                Some(question) => question,
                None => return,
            },
            () = forget, if wanted_until.is_some() => {
                wanted_until = None;
                answers.keep_recent(false);
                continue;
            }
        };
        if let Some((verb, asker)) = read(&question) {
            if verb == Verb::Recent {
                wanted_until = Some(Instant::now() + WANTED);
                answers.keep_recent(true);
            }
            // Like the question, the answer may get lost: whoever asked asks again.
            if let Err(error) = bus.try_publish(asker, None, answers.to(verb)) {
                tracing::debug!("who looked for services was not answered: {error}");
            }
        }
        // One at a time, however many there are: the task that receives has its turn in between.
        tokio::task::yield_now().await;
    }
}

/// What is asked, and where the answer goes: to an inbox and nowhere else, since anybody may ask.
fn read(question: &Message) -> Option<(Verb, Subject)> {
    let subject = std::str::from_utf8(&question.subject).ok()?;
    let verb = Verb::of_subject(subject)?;
    match ReplyTo::judge_bare(&question.reply_to.clone()?.into_bytes()) {
        Ok(ReplyTo::Inbox(inbox)) => Some((verb, inbox)),
        Ok(ReplyTo::Targeted(_)) | Err(_) => None,
    }
}

/// What the questions come to: to everybody, to the replicas of the service, to this one. Whichever replica it is when
/// none is named.
pub(crate) fn filters(instance: &ServiceInstance, replica: Option<&ReplicaId>) -> Vec<SubjectFilter> {
    let name = proper(instance.as_str());
    let id = replica.map_or_else(|| "*".to_owned(), |replica| proper(replica.as_str()));
    let all = micro::PREFIX;
    let filters = [format!("{all}.*"), format!("{all}.*.{name}"), format!("{all}.*.{name}.{id}")];
    // Names like these cannot be wrong.
    filters.into_iter().filter_map(|filter| filter.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use kaa_bus::RequestError;
    use serde_json::{Value, json};

    use super::*;
    use crate::Builder;
    use crate::prelude::*;
    use crate::testing::TestKaa;

    /// Says whether it likes the number.
    #[resource("/like/{number}", crate = crate)]
    async fn like(number: u32) -> Result<(), Failure> {
        if number == 7 { Ok(()) } else { Err(Failure::not_found("I do not like it")) }
    }

    fn extension() -> Builder<()> {
        Extension::new("a~b").version("1.2.3").replica("a~b/0").resources(resources![like])
    }

    async fn ask(kaa: &TestKaa, subject: &str) -> Result<Value, RequestError> {
        let patience = Duration::from_secs(5);
        let answer = kaa.bus().request(subject.parse().unwrap(), "".into(), patience).await?;
        Ok(serde_json::from_slice(&answer.payload).unwrap())
    }

    /// An extension without the odd name, as it is found.
    async fn found(builder: Builder<()>) -> TestKaa {
        let kaa = TestKaa::start(builder.build().unwrap()).await;
        while matches!(ask(&kaa, "$SRV.PING").await, Err(RequestError::NoResponders { .. })) {
            tokio::task::yield_now().await;
        }
        kaa
    }

    fn plain() -> Builder<()> {
        Extension::new("ab").version("1.2.3").replica("ab-0").resources(resources![like])
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_found_by_everybody_by_its_name_and_by_its_replica() {
        let kaa = found(plain()).await;
        for subject in ["$SRV.PING", "$SRV.PING.ab", "$SRV.PING.ab.ab-0"] {
            let expected = json!({
                "type": "io.nats.micro.v1.ping_response",
                "name": "ab", "id": "ab-0", "version": "1.2.3", "metadata": {},
            });
            assert_eq!(ask(&kaa, subject).await.unwrap(), expected);
        }
        assert_eq!(kaa.counters().received, 0, "that is no message of a device");
    }

    #[tokio::test(start_paused = true)]
    async fn its_statistics_are_those_of_each_function() {
        let kaa = found(plain()).await;
        let device = kaa.endpoint("e");
        for (number, status) in [(7, 200), (8, 404), (7, 200)] {
            device.request(format!("/like/{number}")).await.assert_status(status);
        }
        let stats = ask(&kaa, "$SRV.STATS.ab").await.unwrap();
        let endpoint = &stats["endpoints"][0];
        assert_eq!(endpoint["name"], "like");
        assert_eq!((&endpoint["num_requests"], &endpoint["num_errors"]), (&json!(3), &json!(1)));
        assert_eq!(endpoint["last_error"], "404:Not Found");
        assert!(stats["started"].as_str().unwrap().ends_with('Z'), "{stats}");
    }

    #[tokio::test(start_paused = true)]
    async fn it_says_all_of_itself_to_who_asks() {
        let kaa = found(plain()).await;
        let said = ask(&kaa, "$SRV.DESCRIBE.ab").await.unwrap();
        assert_eq!((&said["type"], &said["name"]), (&json!("io.kaa.ext.v1.describe_response"), &json!("ab")));
        assert_eq!(said["description"]["functions"][0]["path"], "/like/{number}");
        assert_eq!(said["description"]["functions"][0]["doc"], "Says whether it likes the number.");
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_messages_are_kept_for_who_asks_for_them_and_not_for_long() {
        let kaa = found(plain()).await;
        let device = kaa.endpoint("e");
        let recent = async || ask(&kaa, "$SRV.RECENT.ab").await.unwrap();
        device.request("/like/7").await.assert_status(200);
        assert_eq!(recent().await["messages"], json!([]), "nobody had asked before");

        device.request("/like/8").await.assert_status(404);
        device.request("/like/7").await.assert_status(200);
        let said = recent().await;
        let each = said["messages"].as_array().unwrap();
        let statuses: Vec<_> = each.iter().map(|message| (&message["n"], &message["status"])).collect();
        assert_eq!(statuses, [(&json!(2), &json!(200)), (&json!(1), &json!(404))]);
        assert_eq!((&each[0]["function"], &each[0]["leftLine"]), (&json!("like"), &Value::Null));
        assert_eq!(each[0]["record"], Value::Null, "no other service has sent it");
        assert!(each[0]["arrived"].as_u64() > Some(0) && each[0]["correlationId"].is_string(), "{said}");
        assert_eq!((&said["waiting"], &said["pinned"]), (&json!(0), &json!(0)));

        sleep(WANTED + Duration::from_millis(1)).await;
        device.request("/like/7").await.assert_status(200);
        assert_eq!(recent().await["messages"], json!([]), "nobody has asked for a while");
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_not_found_when_that_is_off() {
        let kaa = TestKaa::start(plain().discovery(false).build().unwrap()).await;
        kaa.endpoint("e").request("/like/7").await.assert_status(200);
        assert!(matches!(ask(&kaa, "$SRV.PING").await, Err(RequestError::NoResponders { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_goes_to_an_inbox_and_nowhere_else() {
        let kaa = found(plain()).await;
        let bus = kaa.bus();
        let mut heard = bus.subscribe("kaa.>".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
        for hostile in ["kaa.v1.service.ab.esp.ClientData", "kaa.v1.service.ab", "$SYS.a"] {
            let reply_to = Some(hostile.parse().unwrap());
            bus.publish("$SRV.PING".parse().unwrap(), reply_to, "".into()).await.unwrap();
        }
        ask(&kaa, "$SRV.PING").await.unwrap();
        assert!(heard.try_next().is_none());
    }

    #[test]
    fn a_name_has_only_what_names_may_have_there() {
        let extension = extension().build().unwrap();
        let filters = filters(extension.instance(), Some(extension.replica()));
        let filters: Vec<_> = filters.iter().map(SubjectFilter::as_str).collect();
        assert_eq!(filters, ["$SRV.*", "$SRV.*.a_b", "$SRV.*.a_b.a_b_0"]);
    }
}
