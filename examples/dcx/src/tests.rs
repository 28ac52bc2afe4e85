//! 2/DCP in, 13/DSTP out, with receivers that are played by hand.

mod confirmed;
mod limits;
mod published;
mod silent;

use std::sync::Arc;
use std::time::Duration;

use kaa_ext::Config;
use kaa_ext::bus::{Message, Subscription};
use kaa_ext::prelude::*;
use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
use kaa_ext::protocol::ism::{Event as _, Message as _};
use kaa_ext::protocol::subject::SubjectFilter;
use kaa_ext::testing::{TestKaa, TestReply, TestRequest, settings};

use crate::collector::Collector;
use crate::{App, Settings, extension};

/// The service with these reliable receivers.
async fn dcx(receivers: &[&str]) -> TestKaa {
    let receivers = receivers.iter().map(|name| name.parse().unwrap()).collect();
    with(Settings { receivers, ..Settings::default() }).await
}

async fn with(settings: Settings) -> TestKaa {
    let mut config = Config::default();
    config.extension = settings;
    let app = App { collector: Arc::new(Collector::new(config.extension.clone())) };
    TestKaa::start(extension(&config).with_state(app).build().unwrap()).await
}

/// A receiver that does what the test says.
struct Receiver {
    name: ServiceInstance,
    bus: Bus,
    events: Subscription,
}

impl Receiver {
    async fn start(kaa: &TestKaa, name: &str) -> Self {
        let (name, bus): (ServiceInstance, _) = (name.parse().unwrap(), kaa.bus().clone());
        let filter: SubjectFilter = DataSamplesEvent::KIND.filter(None);
        let events = bus.subscribe(filter, Some(&name)).await.unwrap();
        Self { name, bus, events }
    }

    /// The next event; there is one within a minute, or the test fails.
    async fn next(&mut self) -> Heard {
        let minute = Duration::from_secs(60);
        let message = tokio::time::timeout(minute, self.events.next()).await.expect("an event comes");
        let message = message.expect("the bus is open");
        let event = DataSamplesEvent::decode(&message.payload).unwrap().record;
        Heard { event, message, name: self.name.clone(), bus: self.bus.clone() }
    }

    /// Whether nothing comes for a second.
    async fn hears_nothing(&mut self) -> bool {
        tokio::time::timeout(Duration::from_secs(1), self.events.next()).await.is_err()
    }

    /// Confirms the next event with this status.
    async fn confirm_next(&mut self, status: i32) {
        let heard = self.next().await;
        heard.confirm(status).await;
    }
}

/// An event as a receiver got it.
struct Heard {
    event: DataSamplesEvent,
    message: Message,
    name: ServiceInstance,
    bus: Bus,
}

impl Heard {
    /// The samples as text.
    fn samples(&self) -> Vec<String> {
        self.event.data_samples.iter().map(|sample| String::from_utf8(sample.to_vec()).unwrap()).collect()
    }

    fn reply_to(&self) -> Option<&str> {
        self.message.reply_to.as_deref().map(|subject| str::from_utf8(subject).unwrap())
    }

    fn receipt(&self, status: i32) -> DataSamplesProcessed {
        DataSamplesProcessed {
            correlation_id: self.event.correlation_id.clone(),
            receiver_service_instance_name: self.name.as_str().into(),
            status_code: status,
            ..DataSamplesProcessed::default()
        }
    }

    async fn send(&self, receipt: &DataSamplesProcessed) {
        let reply_to = self.reply_to().expect("a return address").parse().unwrap();
        self.bus.publish(reply_to, None, receipt.to_bytes()).await.unwrap();
    }

    async fn confirm(&self, status: i32) {
        self.send(&self.receipt(status)).await;
    }
}

/// Makes the request while the receivers do something.
async fn meanwhile<T>(request: TestRequest<'_>, receivers: impl Future<Output = T>) -> (TestReply, T) {
    tokio::join!(request.into_future(), receivers)
}

#[tokio::test(start_paused = true)]
async fn the_service_starts_and_stops() {
    let running = crate::start(Bus::memory(), Config::default()).await.unwrap();
    assert_eq!(running.stop(Duration::from_secs(1)).await.unwrap().counters.received, 0);
}

#[test]
fn the_variables_reach_their_entries_and_a_wrong_one_is_named() {
    let apply = |variable: &str, value: &str| settings::<Settings>("dcx", &[(variable, value)]);
    let receivers = apply("DCX_RECEIVERS", "epts, rci").unwrap().receivers;
    assert_eq!(receivers, [ServiceInstance::from_static("epts"), ServiceInstance::from_static("rci")]);
    assert_eq!(apply("DCX_TIMEOUT", "250ms").unwrap().timeout, Duration::from_millis(250));
    for (variable, value) in [("DCX_RECEIVERS", "epts,a.b"), ("DCX_TIMEOUT", "soon")] {
        let error = apply(variable, value).unwrap_err().to_string();
        assert!(error.contains(variable) && error.contains("is not valid"), "{error}");
    }
}

#[test]
fn a_setting_under_which_nothing_could_be_collected_is_refused_by_name() {
    let zero = [
        ("timeout", Settings { timeout: Duration::ZERO, ..Settings::default() }),
        ("max-samples", Settings { max_samples: 0, ..Settings::default() }),
    ];
    for (entry, settings) in zero {
        let mut config = Config::default();
        config.extension = settings;
        let error = config.extension.check().unwrap_err().to_string();
        assert!(error.contains(&format!("extension.{entry} is zero")), "{error}");
    }
}

#[test]
fn the_file_has_the_names_of_the_manual_and_no_others() {
    let read = |text: &str| {
        let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::<Settings>::read(file.path()).map(|config| config.extension)
    };
    let settings = read("extension:\n  receivers: [epts]\n  timeout: 2s\n  max-samples: 3\n").unwrap();
    let receivers = vec![ServiceInstance::from_static("epts")];
    assert_eq!(settings, Settings { receivers, timeout: Duration::from_secs(2), max_samples: 3 });
    assert!(read("extension:\n  receiver: epts\n").is_err());
}
