//! A device on rumqttc, which a test tells what to do, and one on curl.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::{AsyncClient, ConnectionError, Event, MqttOptions, Packet, QoS};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::clients;
use crate::kpc::Kpc;
use crate::patience::soon;

/// The largest packet that rumqttc may send and take, in bytes.
const LARGEST: usize = 1 << 20;

/// An MQTT connection, which is not made anew when it ends.
#[derive(Debug)]
pub struct Device {
    client: AsyncClient,
    messages: UnboundedReceiver<(String, String)>,
}

impl Device {
    /// Connects to this replica.
    ///
    /// # Panics
    ///
    /// When it is not let in.
    pub async fn connect(kpc: &Kpc, client_id: &str) -> Self {
        Self::try_connect(kpc.address("mqtt"), client_id).await.expect("a device that is let in")
    }

    /// Connects to whatever listens there.
    ///
    /// # Errors
    ///
    /// When it is not let in.
    pub async fn try_connect(address: SocketAddr, client_id: &str) -> Result<Self, ConnectionError> {
        Self::open(options(address, client_id)).await
    }

    /// Connects with a user name and a password.
    ///
    /// # Errors
    ///
    /// When it is not let in.
    pub async fn log_in(kpc: &Kpc, username: &str, password: &str) -> Result<Self, ConnectionError> {
        let mut options = options(kpc.address("mqtt"), username);
        options.set_credentials(username, password);
        Self::open(options).await
    }

    async fn open(options: MqttOptions) -> Result<Self, ConnectionError> {
        let (client, mut connection) = AsyncClient::new(options, 100);
        let connected = async {
            while !matches!(connection.poll().await?, Event::Incoming(Packet::ConnAck(_))) {}
            Ok::<(), ConnectionError>(())
        };
        soon("CONNACK", connected).await?;
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
        Ok(Self { client, messages })
    }

    /// Publishes to `kp1/av/<rest>`.
    ///
    /// # Panics
    ///
    /// When the connection has ended.
    pub async fn tell(&self, rest: &str, payload: &str) {
        self.client.publish(format!("kp1/av/{rest}"), QoS::AtLeastOnce, false, payload).await.unwrap();
    }

    /// The next message: what follows `kp1/av/` in its topic, and its payload.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn hears(&mut self) -> (String, String) {
        let (topic, payload) =
            soon("a message", self.messages.recv()).await.expect("the connection is still there");
        (topic.strip_prefix("kp1/av/").unwrap().to_owned(), payload)
    }

    /// Asks, and takes the next message for the answer.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn asks(&mut self, rest: &str, payload: &str) -> (String, String) {
        self.tell(rest, payload).await;
        self.hears().await
    }

    /// The same; `None` when the connection ends before the answer, or has ended.
    ///
    /// # Panics
    ///
    /// When neither comes.
    pub async fn try_asks(&mut self, rest: &str, payload: &str) -> Option<(String, String)> {
        let topic = format!("kp1/av/{rest}");
        self.client.publish(topic, QoS::AtLeastOnce, false, payload).await.ok()?;
        self.try_hears().await
    }

    /// The next message; `None` when the connection ends before one comes.
    ///
    /// # Panics
    ///
    /// When neither comes.
    pub async fn try_hears(&mut self) -> Option<(String, String)> {
        let (topic, payload) = soon("an answer or the end", self.messages.recv()).await?;
        Some((topic.strip_prefix("kp1/av/")?.to_owned(), payload))
    }

    /// Says goodbye, if there is still somebody; what came until the end.
    ///
    /// # Panics
    ///
    /// When the connection does not end.
    pub async fn last_words(mut self) -> Vec<(String, String)> {
        let _ = self.client.disconnect().await;
        let mut words = Vec::new();
        let rest = async {
            while let Some(message) = self.messages.recv().await {
                words.push(message);
            }
        };
        soon("the end of the connection", rest).await;
        words
    }

    /// The next message is this error.
    ///
    /// # Panics
    ///
    /// When it is something else, or none comes.
    pub async fn hears_error(&mut self, topic: &str, code: u16) {
        let (heard, payload) = self.hears().await;
        assert_eq!(heard, format!("{topic}/error"), "{payload}");
        let error: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(error.get("statusCode").and_then(Value::as_u64), Some(code.into()), "{payload}");
    }

    /// Waits until the other side has ended the connection; nothing else comes before.
    ///
    /// # Panics
    ///
    /// When it does not, or something else comes.
    pub async fn gets_cut(mut self) {
        assert_eq!(soon("the end of the connection", self.messages.recv()).await, None);
    }

    /// Says goodbye.
    ///
    /// # Panics
    ///
    /// When the connection does not end.
    pub async fn leaves(mut self) {
        self.client.disconnect().await.unwrap();
        soon("the end of the connection", async { while self.messages.recv().await.is_some() {} }).await;
    }
}

fn options(address: SocketAddr, client_id: &str) -> MqttOptions {
    let mut options = MqttOptions::new(client_id, address.ip().to_string(), address.port());
    options.set_keep_alive(Duration::from_secs(60)).set_max_packet_size(LARGEST, LARGEST);
    options
}

/// Posts to `/kp1/av/<rest>` with curl; the status code, 0 when there was none, and the body.
///
/// # Panics
///
/// When there is no curl.
pub async fn post(kpc: &Kpc, rest: &str, payload: &str) -> (u16, String) {
    let url = format!("http://{}/kp1/av/{rest}", kpc.address("http"));
    let arguments = ["-s", "-X", "POST", "-d", payload, "-w", "\n%{http_code}", &url];
    let ended = clients::run("curl", &arguments).await;
    let (body, code) = ended.stdout.rsplit_once('\n').unwrap();
    (code.parse().unwrap(), body.to_owned())
}
