//! A replica of the communication service, with devices connected to it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use kaa_bus::{Bus, Message, SubjectFilter};
use kaa_tests::avro::Avro;
use kaa_tests::lifeline::Lifeline;
use kaa_tests::venue::Venue;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

/// Where requests go that are not pinned.
const EXTENSION: &str = "kaa.v1.service.ext.esp.ClientData";
const SERVICE: &str = "kaa.v1.service.kpc.esp.ExtensionData";

/// Something a device has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) endpoint: String,
    pub(crate) payload: String,
    /// The correlation ID of the request; `None` for a push.
    pub(crate) answers: Option<String>,
    /// The replica the device is connected to.
    pub(crate) by: &'static str,
    /// Whether it came to the service as a whole.
    pub(crate) is_service_wide: bool,
}

/// A replica that routes by who is connected to it, keeps to pins, and forgets them when it is told that
/// nobody is there.
pub(crate) struct Communication {
    name: &'static str,
    lifeline: Lifeline,
    desk: Arc<Desk>,
    listener: JoinHandle<()>,
}

struct Desk {
    name: &'static str,
    bus: Bus,
    requests: Avro,
    answers: Avro,
    book: Mutex<Book>,
    devices: UnboundedSender<Delivery>,
}

#[derive(Default)]
struct Book {
    /// Where the requests of each connected endpoint go, if they are pinned.
    pins: HashMap<String, Option<String>>,
    /// What was sent to pinned subjects and is not answered yet.
    asked: VecDeque<Asked>,
    serial: u64,
    fallen_back: u64,
}

struct Asked {
    to: String,
    endpoint: String,
    correlation_id: String,
    datum: Bytes,
}

impl Communication {
    pub(crate) async fn start(venue: &Venue, name: &'static str, devices: UnboundedSender<Delivery>) -> Self {
        let lifeline = Lifeline::connect(venue).await;
        let bus = lifeline.bus();
        let listen = async |subject: &str| {
            bus.subscribe(subject.parse::<SubjectFilter>().unwrap(), None).await.unwrap()
        };
        let (mut own, mut shared) = (listen(&return_path(name)).await, listen(SERVICE).await);
        let desk = Arc::new(Desk {
            name,
            bus: bus.clone(),
            requests: Avro::of("4/ESP", "ClientData"),
            answers: Avro::of("4/ESP", "ExtensionData"),
            book: Mutex::default(),
            devices,
        });
        let listener = tokio::spawn({
            let desk = desk.clone();
            async move {
                loop {
                    let message = tokio::select! { m = own.next() => m, m = shared.next() => m };
                    match message {
                        Some(message) => desk.take(&message),
                        None => break,
                    }
                }
            }
        });
        Self { name, lifeline, desk, listener }
    }

    /// The subject of this replica.
    pub(crate) fn return_path(&self) -> String {
        return_path(self.name)
    }

    /// A device connects here.
    pub(crate) fn connect(&self, endpoint: &str) {
        self.desk.book().pins.insert(endpoint.to_owned(), None);
    }

    /// It goes away.
    pub(crate) fn disconnect(&self, endpoint: &str) {
        self.desk.book().pins.remove(endpoint);
    }

    /// The subject that requests of a device are pinned to.
    pub(crate) fn pin(&self, endpoint: &str) -> Option<String> {
        self.desk.book().pins[endpoint].clone()
    }

    /// How many requests went to all replicas because theirs was not there.
    pub(crate) fn fallen_back(&self) -> u64 {
        self.desk.book().fallen_back
    }

    /// Sends a request of a device that is connected here; returns its correlation ID.
    pub(crate) fn ask(&self, endpoint: &str, path: &str) -> String {
        let mut book = self.desk.book();
        book.serial += 1;
        let id = format!("{}-{}", self.name, book.serial);
        let datum = self.desk.requests.write(json!({
            "correlationId": id, "timestamp": 0, "timeout": 0, "appVersionName": "app-v1",
            "endpointId": endpoint, "resourcePath": path, "requestId": 1, "payload": "",
        }));
        let pin = book.pins[endpoint].clone();
        if let Some(to) = &pin {
            let (to, endpoint, correlation_id) = (to.clone(), endpoint.to_owned(), id.clone());
            book.asked.push_back(Asked { to, endpoint, correlation_id, datum: datum.clone() });
        }
        self.desk.send(pin.as_deref().unwrap_or(EXTENSION), datum);
        id
    }

    /// Ends without a word.
    pub(crate) async fn kill(self) {
        self.lifeline.cut().await;
        self.listener.await.unwrap();
    }

    pub(crate) fn bus(&self) -> &Bus {
        self.lifeline.bus()
    }
}

impl Desk {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn send(&self, to: &str, datum: Bytes) {
        let reply_to = return_path(self.name).parse().unwrap();
        self.bus.try_publish(to.parse().unwrap(), Some(reply_to), datum).unwrap();
    }

    fn take(&self, message: &Message) {
        let mut book = self.book();
        if let Some(notice) = &message.no_responders {
            let unserved = String::from_utf8(notice.subject.as_ref().unwrap().to_vec()).unwrap();
            let Some(position) = book.asked.iter().position(|asked| asked.to == unserved) else { return };
            let asked = book.asked.remove(position).unwrap();
            book.fallen_back += 1;
            if let Some(pin) = book.pins.get_mut(&asked.endpoint) {
                *pin = None;
            }
            return self.send(EXTENSION, asked.datum);
        }
        let fields = self.answers.read(&message.payload);
        let endpoint = fields["endpointId"].as_str().unwrap().to_owned();
        let id = fields["correlationId"].as_str().unwrap();
        book.asked.retain(|asked| asked.correlation_id != id);
        // Whose device it is not, it drops.
        let Some(pin) = book.pins.get_mut(&endpoint) else { return };
        let reply_to = message.reply_to.as_ref().map(|text| String::from_utf8(text.to_vec()).unwrap());
        let is_push = fields["requestId"].is_null();
        if reply_to.is_some() || !is_push {
            *pin = reply_to;
        }
        let delivery = Delivery {
            endpoint,
            payload: text(&fields["payload"]),
            answers: (!is_push).then(|| id.to_owned()),
            by: self.name,
            is_service_wide: message.subject == SERVICE,
        };
        self.devices.send(delivery).unwrap();
    }
}

fn return_path(name: &str) -> String {
    format!("kaa.v1.replica.{name}.esp.ExtensionData")
}

fn text(bytes: &Value) -> String {
    let bytes = bytes.as_array().into_iter().flatten().map(|byte| u8::try_from(byte.as_u64().unwrap()));
    String::from_utf8(bytes.map(Result::unwrap).collect()).unwrap()
}
