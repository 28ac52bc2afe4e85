//! What the relay costs beside the bus, for callgrind.
//!
//! ```text
//! relay_cost bus <n>       an extension answers over the bus in the process, with nobody but the bus before it
//! relay_cost relay <n>     the same with the relay in between: a client asks, its answer is taken
//! relay_cost pinned <n>    the same in a session that is pinned to a replica
//! relay_cost silent <n>    requests without a request ID that nobody answers, 1,000 of them remembered
//! ```
//!
//! Instructions per request and answer are the difference of two runs divided by the difference of their
//! iterations: start-up cancels out. Part of the difference between `relay` and `bus` is the router in the
//! process, which looks through the relay's subscriptions for every message: the relay's own are
//! `Core::send` without `publish_to`, and `listen`, in what `callgrind_annotate --inclusive=yes` shows.
//!
//! ```text
//! cargo build --release -p kaa-kpc --example relay_cost
//! for n in 10000 30000; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!         target/release/examples/relay_cost relay $n
//! done
//! ```
//!
//! 256 requests are in flight, of 64 clients with an endpoint each.

use std::error::Error;

use bytes::Bytes;
use kaa_bus::{Bus, MemoryServer, Subject, SubjectFilter};
use kaa_kpc::relay::{Asked, Connection, Deliveries, Relay, RelayOptions, Request, ResolvedEndpoint};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_protocol::kp1::{EndpointAwareness, RequestPath};

const CLIENTS: usize = 64;
const EACH: usize = 4;
const SERVICE: &str = "kaa.v1.service.dcx.esp.ClientData";
const REPLICA: &str = "kaa.v1.replica.dcx-0.esp.ClientData";
const ANSWERS: &str = "kaa.v1.replica.kpc-0.esp.ExtensionData";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let operation = arguments.next().ok_or("the first argument is the operation")?;
    let n: usize = arguments.next().ok_or("the second argument is the number of requests")?.parse()?;
    let server = MemoryServer::new();
    match operation.as_str() {
        "bus" => bus(&server, n).await,
        "relay" => relay(&server, n, Answering::Plainly).await,
        "pinned" => relay(&server, n, Answering::Pinning).await,
        "silent" => relay(&server, n, Answering::Never).await,
        _ => Err(format!("{operation} is no operation").into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answering {
    Plainly,
    Pinning,
    Never,
}

/// An extension that gives every payload back.
struct Echo {
    bus: Bus,
    subscriptions: [kaa_bus::Subscription; 2],
    pin: Option<Subject>,
    answering: Answering,
}

impl Echo {
    async fn start(server: &MemoryServer, answering: Answering) -> Result<Self, Box<dyn Error>> {
        let bus = server.connect();
        let subscriptions = [
            bus.subscribe(SERVICE.parse::<SubjectFilter>()?, None).await?,
            bus.subscribe(REPLICA.parse::<SubjectFilter>()?, None).await?,
        ];
        let pin = (answering == Answering::Pinning).then(|| REPLICA.parse()).transpose()?;
        Ok(Self { bus, subscriptions, pin, answering })
    }

    /// Answers what is there.
    fn answer(&mut self) -> Result<(), Box<dyn Error>> {
        for subscription in &mut self.subscriptions {
            while let Some(message) = subscription.try_next() {
                if self.answering == Answering::Never {
                    continue;
                }
                let data = ClientData::decode(&message.payload)?.record;
                let answer = ExtensionData {
                    correlation_id: data.correlation_id,
                    app_version_name: Some(data.app_version_name),
                    extension_instance_name: Some("dcx"),
                    endpoint_id: data.endpoint_id,
                    resource_path: data.resource_path,
                    request_id: data.request_id,
                    payload: Some(data.payload),
                    status_code: 200,
                    ..ExtensionData::default()
                };
                let reply_to = message.reply_to.ok_or("a request says where its answer goes")?;
                let datum = answer.encode(Revision::Seed)?;
                self.bus.try_publish(Subject::try_from(reply_to)?, self.pin.clone(), datum)?;
            }
        }
        Ok(())
    }
}

/// The messages of the exchange, made before it begins.
async fn bus(server: &MemoryServer, n: usize) -> Result<(), Box<dyn Error>> {
    let mut echo = Echo::start(server, Answering::Plainly).await?;
    let bus = server.connect();
    let mut answers = bus.subscribe(ANSWERS.parse::<SubjectFilter>()?, None).await?;
    let payload = [b'x'; 150];
    let data = ClientData {
        correlation_id: "kpc-0-19b76daa800-ffff",
        app_version_name: "humidity-sensor-v3",
        endpoint_id: Some("7ad263ec-3347-4c7d-af89-50c67061367a"),
        resource_path: "/json",
        request_id: Some(42),
        payload: &payload,
        ..ClientData::default()
    };
    let (subject, reply_to): (Subject, Subject) = (SERVICE.parse()?, ANSWERS.parse()?);
    let datum = data.encode(Revision::Seed)?;
    let mut done = 0;
    while done < n {
        for _ in 0..CLIENTS * EACH {
            bus.try_publish(subject.clone(), Some(reply_to.clone()), datum.clone())?;
        }
        echo.answer()?;
        while let Some(answer) = answers.try_next() {
            std::hint::black_box(&answer);
            done += 1;
        }
    }
    Ok(())
}

/// A client that asks for its endpoint.
struct Client {
    connection: Connection,
    deliveries: Deliveries,
    request: Request,
    asked: Asked,
}

impl Client {
    fn connect(relay: &Relay, number: usize, request_id: &str) -> Result<Self, Box<dyn Error>> {
        let (connection, deliveries) = relay.connect();
        let topic = format!("kp1/humidity-sensor-v3/dcx/token-{number}/json{request_id}");
        let path = RequestPath::from_topic(&topic, |_| EndpointAwareness::Aware)?;
        let app_version = path.app_version.clone();
        let endpoint_id = format!("7ad263ec-3347-4c7d-af89-50c67061{number:04x}").parse()?;
        let request = Request::new(path, Bytes::from_static(&[b'x'; 150]));
        let request = request.endpoint(ResolvedEndpoint { endpoint_id, app_version });
        Ok(Self { connection, deliveries, request, asked: Asked { topic: topic.into(), mark: 0 } })
    }
}

async fn relay(server: &MemoryServer, n: usize, answering: Answering) -> Result<(), Box<dyn Error>> {
    let mut echo = Echo::start(server, answering).await?;
    let options = RelayOptions { replica: "kpc-0".parse()?, without_answer: 1000, ..RelayOptions::default() };
    let relay = Relay::start(server.connect(), options).await?;
    let request_id = if answering == Answering::Never { "" } else { "/42" };
    let clients = (0..CLIENTS).map(|number| Client::connect(&relay, number, request_id));
    let mut clients = clients.collect::<Result<Vec<_>, _>>()?;
    let (mut sent, mut done) = (0, 0);
    while done < n {
        for client in &clients {
            for _ in 0..EACH {
                client.connection.request(&client.request, client.asked.clone());
                sent += 1;
            }
        }
        echo.answer()?;
        if answering == Answering::Never {
            done = sent;
            continue;
        }
        while done < sent {
            // Lets the relay take in what has come.
            tokio::task::yield_now().await;
            for client in &mut clients {
                while let Some(delivery) = client.deliveries.try_next() {
                    std::hint::black_box(&delivery);
                    done += 1;
                }
            }
        }
    }
    Ok(())
}
