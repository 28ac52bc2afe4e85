//! The other side: services of another make.

use kaa_bus::{Bus, Message, RawSubject, ServiceInstance, Subject, SubjectFilter, Subscription};
use kaa_tests::avro::Avro;
use kaa_tests::patience::{PATIENCE, soon};
use serde_json::{Value as Json, json};

/// A message that a [`Peer`] has got.
pub(crate) struct Received {
    pub(crate) subject: String,
    pub(crate) reply_to: String,
    pub(crate) fields: Json,
}

/// A service of another make: plain subjects, and apache-avro for the bytes.
pub(crate) struct Peer {
    bus: Bus,
    messages: Subscription,
    theirs: Avro,
    ours: Avro,
}

impl Peer {
    pub(crate) async fn join(
        bus: &Bus,
        group: &ServiceInstance,
        filter: &str,
        theirs: Avro,
        ours: Avro,
    ) -> Self {
        let filter = filter.parse::<SubjectFilter>().unwrap();
        let messages = bus.subscribe(filter, Some(group)).await.unwrap();
        Self { bus: bus.clone(), messages, theirs, ours }
    }

    /// Provides configurations (6/CDTP).
    pub(crate) async fn provider(bus: &Bus, instance: ServiceInstance) -> Self {
        let filter = format!("kaa.v1.service.{instance}.cdtp.request");
        let (theirs, ours) = (Avro::of("6/CDTP", "ConfigRequest"), Avro::of("6/CDTP", "ConfigResponse"));
        Self::join(bus, &instance, &filter, theirs, ours).await
    }

    /// Collects samples (13/DSTP).
    pub(crate) async fn collector(bus: &Bus, instance: ServiceInstance) -> Self {
        let filter = "kaa.v1.events.*.endpoint.data-collection.data-samples-received";
        let theirs = Avro::of("13/DSTP", "DataSamplesEvent");
        Self::join(bus, &instance, filter, theirs, Avro::of("13/DSTP", "DataSamplesProcessed")).await
    }

    pub(crate) async fn next(&mut self) -> Received {
        let message = soon("a message for the peer", self.messages.next()).await.unwrap();
        self.read(message)
    }

    fn read(&self, message: Message) -> Received {
        let text = |raw: RawSubject| String::from_utf8(raw.to_vec()).unwrap();
        Received {
            subject: text(message.subject),
            reply_to: message.reply_to.map(text).unwrap_or_default(),
            fields: self.theirs.read(&message.payload),
        }
    }

    pub(crate) async fn take(&mut self, count: usize) -> Vec<Received> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(self.next().await);
        }
        taken
    }

    /// Leaves the group, with the messages it has got by then.
    pub(crate) async fn leave(&mut self) -> Vec<Received> {
        self.messages.drain(PATIENCE).await.unwrap();
        let mut rest = Vec::new();
        while let Some(message) = soon("the end of the messages", self.messages.next()).await {
            rest.push(self.read(message));
        }
        rest
    }

    pub(crate) async fn send(&self, reply_to: &str, fields: Json) {
        let subject: Subject = reply_to.parse().unwrap();
        self.bus.publish(subject, None, self.ours.write(fields)).await.unwrap();
    }

    /// Answers a request with its endpoint ID as the configuration ID.
    pub(crate) async fn answer(&self, request: &Received) {
        self.send(&request.reply_to, config(&request.fields)).await;
    }

    /// Confirms an event.
    pub(crate) async fn confirm(&self, event: &Received, receiver: &ServiceInstance, status: i32) {
        self.send(&event.reply_to, receipt(&event.fields, receiver, status)).await;
    }

    /// Answers until the bus goes.
    pub(crate) fn serve(mut self) {
        tokio::spawn(async move {
            while let Some(message) = self.messages.next().await {
                let reply_to = Subject::try_from(message.reply_to.unwrap()).unwrap();
                let answer = self.ours.write(config(&self.theirs.read(&message.payload)));
                let _ = self.bus.publish(reply_to, None, answer).await;
            }
        });
    }
}

/// The response to a request for a configuration.
pub(crate) fn config(request: &Json) -> Json {
    json!({
        "correlationId": request["correlationId"],
        "timestamp": 1_767_225_600_000_i64,
        "appVersionName": request["appVersionName"],
        "endpointId": request["endpointId"],
        "configId": format!("config of {}", request["endpointId"].as_str().unwrap()),
        "statusCode": 200,
    })
}

pub(crate) fn receipt(event: &Json, receiver: &ServiceInstance, status: i32) -> Json {
    json!({
        "correlationId": event["correlationId"],
        "timestamp": 1_767_225_600_000_i64,
        "receiverServiceInstanceName": receiver.as_str(),
        "statusCode": status,
    })
}
