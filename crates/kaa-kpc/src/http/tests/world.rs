//! What the tests need: a service with extensions behind, and clients that write raw bytes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Clock, MemoryServer};
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_protocol::kp1::ErrorPayload;
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{Subject, SubjectFilter};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::super::{Offer, serve};
use crate::front::Front;
use crate::identity::clients::{Authenticator, AuthenticatorOptions};
use crate::kpc::KpcCounters;
use crate::limits::{HttpLimits, Limits};
use crate::listen::{ListenCounters, Peer, Slot};
use crate::relay::{Relay, RelayOptions};

pub(super) const EVERYTHING: Offer = Offer { requests: true, websocket: true };

/// A service, and an extension `ext` behind it.
pub(super) struct World {
    pub(super) front: Arc<Front>,
    pub(super) server: MemoryServer,
    _extension: TestKaa,
}

/// Every test that is not failing anyway shows that nothing is lost on the way.
impl Drop for World {
    fn drop(&mut self) {
        let counters = KpcCounters::of(&self.front, ListenCounters::default());
        assert!(std::thread::panicking() || counters.has_no_gaps(), "{counters:#?}");
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with_limits(Limits::default()).await
    }

    pub(super) async fn with_http(http: HttpLimits) -> Self {
        Self::with_limits(Limits { http, ..Limits::default() }).await
    }

    pub(super) async fn with_limits(limits: Limits) -> Self {
        Self::with(limits, AuthenticatorOptions::None).await
    }

    pub(super) async fn with(limits: Limits, clients: AuthenticatorOptions) -> Self {
        let server = MemoryServer::new();
        let extension = Extension::new("ext").resources(resources![echo, fail, slow]);
        let extension = TestKaa::start_on(server.connect(), extension.build().unwrap()).await;
        let request_timeout = Duration::from_secs(30);
        let options = RelayOptions { clock: Clock::tokio(), request_timeout, ..RelayOptions::default() };
        let relay = Relay::start(server.connect(), options).await.unwrap();
        let (revoked, _) = tokio::sync::mpsc::channel(1);
        let authenticator = Authenticator::start(relay.messaging(), clients, revoked).await.unwrap();
        let front = Front {
            relay,
            authenticator,
            applications: Default::default(),
            tokens: Default::default(),
            sessions: Default::default(),
            limits,
            tally: Default::default(),
            http: Default::default(),
        };
        Self { front: Arc::new(front), server, _extension: extension }
    }

    /// An extension `odd` that answers whatever code stands in the path, with the payload it was sent.
    pub(super) async fn odd_extension(&self) {
        let bus = self.server.connect();
        let group = ServiceInstance::from_static("odd");
        let filter: SubjectFilter = "kaa.v1.service.odd.esp.ClientData".parse().unwrap();
        let mut requests = bus.subscribe(filter, Some(&group)).await.unwrap();
        tokio::spawn(async move {
            while let Some(message) = requests.next().await {
                let data = ClientData::decode_strict(&message.payload).unwrap();
                let answer = ExtensionData {
                    correlation_id: data.correlation_id,
                    timestamp: data.timestamp,
                    timeout: 0,
                    app_version_name: Some(data.app_version_name),
                    extension_instance_name: None,
                    endpoint_id: data.endpoint_id,
                    resource_path: data.resource_path,
                    request_id: data.request_id,
                    payload: Some(data.payload),
                    status_code: data.resource_path[1..].parse().unwrap(),
                    reason_phrase: Some("odd"),
                };
                let reply_to = Subject::try_from(message.reply_to.unwrap()).unwrap();
                let datum = answer.encode(Revision::Current).unwrap();
                bus.publish(reply_to, None, datum).await.unwrap();
            }
        });
    }

    pub(super) fn client(&self) -> Client {
        self.client_of(EVERYTHING)
    }

    pub(super) fn client_of(&self, offer: Offer) -> Client {
        let (io, theirs) = tokio::io::duplex(16 * 1024);
        let served = tokio::spawn(serve(Arc::clone(&self.front), theirs, peer(), offer));
        Client { io, served, bytes: Vec::new() }
    }
}

pub(super) fn peer() -> Peer {
    let address = "192.0.2.1:1883".parse().unwrap();
    Peer { address, certificate: None, since: Instant::now(), slot: Slot::default() }
}

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

#[resource("/fail")]
async fn fail() -> Result<(), Failure> {
    Err(Failure::not_found("no such thing"))
}

#[resource("/slow/{seconds}")]
async fn slow(seconds: u64) -> &'static str {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    "done"
}

/// A client, and what it has received and not looked at.
pub(super) struct Client {
    pub(super) io: DuplexStream,
    pub(super) served: JoinHandle<()>,
    bytes: Vec<u8>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Got {
    pub(super) status: u16,
    head: String,
    pub(super) body: Bytes,
}

impl Got {
    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut fields = lines.filter_map(|line| line.split_once(": "));
        fields.find(|field| field.0.eq_ignore_ascii_case(name)).map(|field| field.1)
    }

    /// What is told about a failure: the number, and the reason.
    pub(super) fn error(&self) -> (i32, String) {
        assert_eq!(self.field("content-type"), Some("application/json"), "{self:?}");
        let error: ErrorPayload = serde_json::from_slice(&self.body).unwrap();
        (error.status_code, error.reason_phrase)
    }

    pub(super) fn closes(&self) -> bool {
        self.field("connection") == Some("close")
    }
}

/// The text of a request for the endpoint `ep-1` and the extension `ext`.
pub(super) fn post(path: &str, body: &str) -> String {
    let len = body.len();
    format!("POST /kp1/v1/ext/ep-1{path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n{body}")
}

impl Client {
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends what can be sent to somebody who may have stopped listening.
    pub(super) async fn push(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.io.write_all(bytes.as_ref()).await;
    }

    /// The next response; `None` when the connection ends without.
    pub(super) async fn get(&mut self) -> Option<Got> {
        loop {
            if let Some(got) = self.parse() {
                return Some(got);
            }
            let read = timeout(Duration::from_secs(3600), self.io.read_buf(&mut self.bytes)).await;
            if read.expect("something comes").unwrap_or_default() == 0 {
                assert_eq!(self.bytes.escape_ascii().to_string(), "");
                return None;
            }
        }
    }

    /// A request and its response.
    pub(super) async fn ask(&mut self, request: impl AsRef<[u8]>) -> Got {
        self.send(request).await;
        self.get().await.expect("a response")
    }

    /// All responses that come at once, and whether the connection has ended with them.
    pub(super) async fn all(&mut self) -> (Vec<Got>, bool) {
        let (mut all, mut has_ended) = (Vec::new(), false);
        loop {
            let read = timeout(Duration::from_millis(1), self.io.read_buf(&mut self.bytes)).await;
            while let Some(got) = self.parse() {
                all.push(got);
            }
            match read.map(Result::unwrap_or_default) {
                Ok(0) => has_ended = true,
                Ok(_) => {}
                Err(_) => return (all, has_ended),
            }
            if has_ended {
                assert_eq!(self.bytes.escape_ascii().to_string(), "");
                return (all, true);
            }
        }
    }

    /// What comes up to the end of this text.
    pub(super) async fn until(&mut self, end: &str) -> String {
        while !self.bytes.ends_with(end.as_bytes()) {
            assert!(self.io.read_buf(&mut self.bytes).await.unwrap() > 0);
        }
        String::from_utf8(std::mem::take(&mut self.bytes)).unwrap()
    }

    /// Waits for the end, without a response. How many seconds it took.
    pub(super) async fn end(&mut self) -> f64 {
        let start = Instant::now();
        assert_eq!(self.get().await, None);
        start.elapsed().as_secs_f64()
    }

    fn parse(&mut self) -> Option<Got> {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.bytes[..end].to_vec()).unwrap();
        let status = head["HTTP/1.1 ".len()..][..3].parse().unwrap();
        let got = Got { status, head, body: Bytes::new() };
        let len = got.field("content-length").map_or(0, |len| len.parse().unwrap());
        let body = self.bytes.get(end..end + len)?;
        let got = Got { body: Bytes::copy_from_slice(body), ..got };
        self.bytes.drain(..end + len);
        Some(got)
    }
}
