//! Replicas of the communication service, and the devices behind them.

use std::time::Duration;

use bytes::Bytes;
use kaa_bus::Bus;
use kaa_kpc::relay::{Asked, Connection, Delivery, Relay, RelayOptions, Request, ResolvedEndpoint};
use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::history::TIMEOUT;
use crate::seeds::Verdict;
use crate::world::World;

/// One replica: the real relay, without sockets.
pub(crate) struct Communication {
    pub(crate) bus: Bus,
    relay: Relay,
}

impl Communication {
    pub(crate) async fn start(world: &mut World, name: &str) -> Self {
        let (bus, relay) = world
            .started(name, async |bus: Bus| {
                let replica = name.parse().unwrap();
                let clock = bus.clock();
                let options =
                    RelayOptions { replica, clock, request_timeout: TIMEOUT, ..RelayOptions::default() };
                Relay::start(bus, options).await
            })
            .await;
        Self { bus, relay }
    }

    /// I8 and I14: nothing waits any more, and everything is accounted for.
    pub(crate) fn is_settled(&self) -> Verdict {
        let counters = self.relay.counters();
        match counters.in_flight() {
            0 if counters.is_balanced() => Ok(()),
            0 => Err(format!("I14: it does not add up: {counters:?}")),
            waiting => Err(format!("I8: {waiting} requests wait in the communication service: {counters:?}")),
        }
    }

    /// Ends without a word to others. What it says to its devices still reaches them here: none is to be left without
    /// an answer.
    pub(crate) async fn crash(self, world: &World) -> Verdict {
        world.server().crash(&self.bus);
        sleep(Duration::from_millis(1)).await;
        self.is_settled()
    }

    /// Ends in order.
    pub(crate) async fn stop(self) -> Verdict {
        let _ = self.relay.stop(TIMEOUT).await;
        let _ = self.bus.close(TIMEOUT).await;
        self.is_settled()
    }
}

/// A device with a connection to one of them.
pub(crate) struct Device {
    pub(crate) endpoint: String,
    world: World,
    connection: Connection,
    reader: AbortHandle,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.reader.abort();
        self.world.history().left(&self.endpoint);
    }
}

impl Device {
    /// Comes; what it gets goes into the history, and pushes also to `pushed`.
    pub(crate) fn connect(
        world: &World,
        communication: &Communication,
        endpoint: &str,
        mut pushed: impl FnMut(&Bytes) + Send + 'static,
    ) -> Self {
        let (connection, mut deliveries) = communication.relay.connect();
        let (heard, name) = (world.clone(), endpoint.to_owned());
        let reader = tokio::spawn(async move {
            while let Some(delivery) = deliveries.next().await {
                match delivery {
                    Delivery::Answer { asked, answer } => {
                        heard.server().note(format!("{name} got {} to {}", answer.status_code, asked.mark));
                        heard.history().answered(&name, asked.mark, answer.status_code, &answer.payload);
                        if answer.is_success() && answer.payload.starts_with(b"{") {
                            pushed(&answer.payload);
                        }
                    }
                    Delivery::Push { payload, .. } => {
                        heard.server().note(format!("{name} was pushed {payload:?}"));
                        pushed(&payload);
                    }
                }
            }
        });
        let endpoint = endpoint.to_owned();
        Self { endpoint, world: world.clone(), connection, reader: reader.abort_handle() }
    }

    /// Asks an extension, `ext/echo`, with the number of the request and this text; returns the number.
    pub(crate) fn ask(&self, extension: &str, path: &str, payload: impl FnOnce(u64) -> String) -> u64 {
        let number = self.world.history().ask(&self.endpoint);
        let topic = format!("kp1/v1/{extension}/{}/{path}/{number}", self.endpoint);
        let path = RequestPath::from_topic(&topic, |_| EndpointAwareness::Aware).unwrap();
        let endpoint_id = self.endpoint.parse().unwrap();
        let app_version = path.app_version.clone();
        let request = Request::new(path, payload(number).into());
        let request = request.endpoint(ResolvedEndpoint { endpoint_id, app_version });
        self.world.server().note(format!("{} asks {number}: {topic}", self.endpoint));
        self.connection.request(&request, Asked { topic: topic.into(), mark: number });
        number
    }
}
