//! Replicas of an extension that can crash and drain.

use std::panic::resume_unwind;
use std::time::Duration;

use kaa_bus::Bus;
use kaa_ext::prelude::*;
use kaa_ext::{Counters, Limits, Server};

use crate::seeds::Verdict;
use crate::world::World;

/// What handlers share.
#[derive(Clone)]
struct App {
    name: String,
    world: World,
}

/// Does what the payload says, `17 250 panic`: the number of the request, how long it takes, and how it ends.
async fn work(app: &App, payload: &Payload) -> Result<String, Failure> {
    app.world.history().handled(&payload.0);
    let text = str::from_utf8(&payload.0).map_err(Failure::internal)?;
    let mut words = text.split(' ');
    let number = words.next().unwrap_or_default().to_owned();
    let millis: u64 = words.next().and_then(|millis| millis.parse().ok()).unwrap_or_default();
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis.min(10_000))).await;
    }
    match words.next() {
        // Without the message and the backtrace that a panic prints.
        Some("panic") => resume_unwind(Box::new("as asked")),
        Some("hang") => std::future::pending().await,
        _ => Ok(number),
    }
}

#[resource("/echo")]
async fn echo(State(app): State<App>, payload: Payload) -> Result<String, Failure> {
    Ok(format!("{} {}", work(&app, &payload).await?, app.name))
}

/// The same, and further requests of the session come here.
#[resource("/pin")]
async fn pin(State(app): State<App>, session: Session, payload: Payload) -> Result<String, Failure> {
    session.pin();
    Ok(format!("{} {}", work(&app, &payload).await?, app.name))
}

/// The same, and the device is told its name before.
#[resource("/push")]
async fn push(State(app): State<App>, session: Session, payload: Payload) -> Result<String, Failure> {
    session.pin();
    let endpoint = session.endpoint_id().unwrap_or_default().to_owned();
    // A push that the bus does not take is one that does not arrive.
    let _ = session.push(format!("{endpoint} is told")).await;
    Ok(format!("{} {}", work(&app, &payload).await?, app.name))
}

/// One of them.
pub(crate) struct Replica {
    pub(crate) bus: Bus,
    server: Server,
}

impl Replica {
    pub(crate) async fn start(world: &mut World, name: &str, limits: Limits) -> Self {
        let app = App { name: name.to_owned(), world: world.clone() };
        let (bus, server) = world
            .started(name, async |bus: Bus| {
                let extension = Extension::new("ext").replica(name).state(app.clone()).limits(limits);
                let extension = extension.resources(resources![echo, pin, push]).build().unwrap();
                extension.serve(bus).start().await
            })
            .await;
        Self { bus, server }
    }

    /// I8 and I13: every message is accounted for.
    pub(crate) fn is_settled(&self) -> Verdict {
        conserved(&self.server.counters())
    }

    /// Ends without a word.
    pub(crate) async fn crash(self, world: &World) -> Verdict {
        world.server().crash(&self.bus);
        // Nobody counts any more; but as long as the process is there, its account has to be right.
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.is_settled()
    }

    /// Ends in order.
    pub(crate) async fn drain(self) -> Verdict {
        let stopped = self.server.stop().await.map_err(|error| format!("I11: {error}"))?;
        let _ = self.bus.close(Duration::from_secs(1)).await;
        conserved(&stopped.counters)
    }
}

/// I13: received = answered + silent + expired + shed + malformed + failed to send.
pub(crate) fn conserved(counters: &Counters) -> Verdict {
    let Counters { answered, silent, expired, shed, malformed, failed_to_send, received, .. } = *counters;
    let accounted = answered + silent + expired + shed + malformed + failed_to_send;
    if accounted == received {
        Ok(())
    } else {
        Err(format!("I13: {received} is not {accounted}: {counters:?}"))
    }
}
