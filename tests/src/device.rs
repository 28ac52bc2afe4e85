//! A device on rumqttc, which a test tells what to do, and one on curl.

use std::time::Duration;

use kaa_tests::clients;
use kaa_tests::kpc::Kpc;
use kaa_tests::patience::soon;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// An MQTT connection, which is not made anew when it ends.
pub(crate) struct Device {
    client: AsyncClient,
    messages: UnboundedReceiver<(String, String)>,
}

impl Device {
    /// Connects to this replica.
    pub(crate) async fn connect(kpc: &Kpc, client_id: &str) -> Self {
        let mut options = MqttOptions::new(client_id, "127.0.0.1", kpc.address("mqtt").port());
        options.set_keep_alive(Duration::from_secs(60));
        let (client, mut connection) = AsyncClient::new(options, 100);
        let connected = async {
            while !matches!(connection.poll().await.unwrap(), Event::Incoming(Packet::ConnAck(_))) {}
        };
        soon("CONNACK", connected).await;
        let (sender, messages) = unbounded_channel();
        // Ends with the connection, and with it the messages.
        tokio::spawn(async move {
            let hear = |event| match event {
                Event::Incoming(Packet::Publish(message)) => {
                    let payload = String::from_utf8(message.payload.to_vec()).unwrap();
                    sender.send((message.topic, payload)).is_ok()
                }
                _ => true,
            };
            while let Ok(event) = connection.poll().await
                && hear(event)
            {}
            // What came right before the end; rumqttc tells of the end first.
            while let Some(event) = connection.state.events.pop_front()
                && hear(event)
            {}
        });
        Self { client, messages }
    }

    /// Publishes to `kp1/av/<rest>`.
    pub(crate) async fn tell(&self, rest: &str, payload: &str) {
        self.client.publish(format!("kp1/av/{rest}"), QoS::AtLeastOnce, false, payload).await.unwrap();
    }

    /// The next message: what follows `kp1/av/` in its topic, and its payload.
    pub(crate) async fn hears(&mut self) -> (String, String) {
        let (topic, payload) =
            soon("a message", self.messages.recv()).await.expect("the connection is still there");
        (topic.strip_prefix("kp1/av/").unwrap().to_owned(), payload)
    }

    /// Asks, and takes the next message for the answer.
    pub(crate) async fn asks(&mut self, rest: &str, payload: &str) -> (String, String) {
        self.tell(rest, payload).await;
        self.hears().await
    }

    /// The next message is this error.
    pub(crate) async fn hears_error(&mut self, topic: &str, code: u16) {
        let (heard, payload) = self.hears().await;
        assert_eq!(heard, format!("{topic}/error"), "{payload}");
        let error: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(error["statusCode"], code, "{payload}");
    }

    /// Waits until the other side has ended the connection; nothing else comes before.
    pub(crate) async fn gets_cut(mut self) {
        assert_eq!(soon("the end of the connection", self.messages.recv()).await, None);
    }

    /// Says goodbye.
    pub(crate) async fn leaves(mut self) {
        self.client.disconnect().await.unwrap();
        soon("the end of the connection", async { while self.messages.recv().await.is_some() {} }).await;
    }
}

/// Posts to `/kp1/av/<rest>` with curl; the status code, 0 when there was none, and the body.
pub(crate) async fn post(kpc: &Kpc, rest: &str, payload: &str) -> (u16, String) {
    let url = format!("http://{}/kp1/av/{rest}", kpc.address("http"));
    let arguments = ["-s", "-X", "POST", "-d", payload, "-w", "\n%{http_code}", &url];
    let ended = clients::run("curl", &arguments).await;
    let (body, code) = ended.stdout.rsplit_once('\n').unwrap();
    (code.parse().unwrap(), body.to_owned())
}
