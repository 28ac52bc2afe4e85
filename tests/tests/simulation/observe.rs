//! Configuration: devices observe, and come to have the latest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::Bus;
use kaa_bus::faults::Faults;
use kaa_ext::prelude::*;
use kaa_ext::{Config, Running, Server};
use kaa_protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_protocol::ism::Outcome;
use tokio::time::sleep;

use crate::communication::{Communication, Device};
use crate::replica::conserved;
use crate::seeds::{Scenario, Verdict};
use crate::world::World;

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "observe", faults: Faults::from_seed, play: |world| Box::pin(play(world)) };

const DEVICES: usize = 2;
const STEPS: usize = 14;

async fn play(mut world: World) -> Verdict {
    let shelf = Shelf::default();
    let provider = provider(&mut world, &shelf).await;
    let mut replicas = vec![replica(&mut world, 0).await, replica(&mut world, 1).await];
    let communications =
        [Communication::start(&mut world, "kpc-0").await, Communication::start(&mut world, "kpc-1").await];
    let seen: Vec<Seen> = (0..DEVICES).map(|_| Seen::default()).collect();
    let connect = |world: &World, place: usize, number: usize| {
        let seen = seen[number].clone();
        Device::connect(world, &communications[place], &format!("ep-{number}"), move |payload| {
            seen.look(payload)
        })
    };
    let mut devices: Vec<Device> = (0..DEVICES).map(|number| connect(&world, number, number)).collect();
    for device in &devices {
        shelf.change(&device.endpoint);
        observe(device);
    }
    for step in 0..STEPS {
        let number = world.pick(DEVICES);
        match world.dice.below(8) {
            0..4 => provider.announce(&devices[number].endpoint, &shelf).await,
            4 => observe(&devices[number]),
            5 => {
                let place = world.pick(2);
                devices[number] = connect(&world, place, number);
                observe(&devices[number]);
            }
            6 => {
                let (bus, running) = replicas.remove(world.pick(2));
                if world.dice.one_in(2) {
                    world.server().crash(&bus);
                } else {
                    stop(running).await?;
                }
                replicas.push(replica(&mut world, step + 2).await);
            }
            _ => {}
        }
        let pause = world.up_to(Duration::from_millis(1500));
        sleep(pause).await;
    }
    world.calm();
    sleep(Duration::from_secs(45)).await;
    // A device that cannot know what it has missed asks again; from then on it gets everything.
    for device in &devices {
        observe(device);
    }
    sleep(Duration::from_secs(5)).await;
    for seen in &seen {
        seen.begin_again();
    }
    for _ in 0..3 {
        for device in &devices {
            provider.announce(&device.endpoint, &shelf).await;
        }
        let pause = world.up_to(Duration::from_millis(120));
        sleep(pause).await;
    }
    sleep(Duration::from_secs(10)).await;
    for (device, seen) in devices.iter().zip(&seen) {
        seen.has_latest(&device.endpoint, shelf.latest(&device.endpoint))?;
    }
    for communication in &communications {
        communication.is_settled()?;
    }
    for (_, running) in replicas {
        stop(running).await?;
    }
    world.history().verdict()
}

fn observe(device: &Device) {
    device.ask("cmx", "config/json", |_| r#"{"observe":true}"#.to_owned());
}

/// A replica of the real service.
async fn replica(world: &mut World, number: usize) -> (Bus, Running) {
    world
        .started("cmx", async |bus: Bus| {
            let mut config = Config::<cmx::Settings>::default();
            config.service.instance.replica_id = Some(format!("cmx-{number}").parse().unwrap());
            config.extension.request_timeout = Duration::from_secs(1);
            cmx::start(bus, config).await
        })
        .await
}

async fn stop(running: Running) -> Verdict {
    let stopped = running.stop(Duration::from_secs(1)).await.map_err(|error| format!("I11: {error}"))?;
    conserved(&stopped.counters)
}

/// The version of the configuration of each endpoint.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<BTreeMap<String, u64>>>);

impl Shelf {
    fn change(&self, endpoint: &str) -> u64 {
        let mut versions = self.0.lock().unwrap();
        let version = versions.entry(endpoint.to_owned()).or_default();
        *version += 1;
        *version
    }

    fn latest(&self, endpoint: &str) -> u64 {
        self.0.lock().unwrap().get(endpoint).copied().unwrap_or_default()
    }
}

/// Who has the configurations.
struct Provider {
    server: Server,
}

/// Says what the latest is at this moment, and takes a while to say it.
#[service]
async fn latest(
    Targeted(request): Targeted<ConfigRequest>,
    State(shelf): State<Shelf>,
) -> Result<ConfigResponse, Failure> {
    let version = shelf.latest(&request.endpoint_id);
    sleep(Duration::from_millis(version % 4 * 20)).await;
    let id = version.to_string();
    if request.config_id.as_deref() == Some(id.as_str()) {
        return Ok(request.response(Outcome::OK));
    }
    let content = Some(Bytes::from(format!(r#"{{"v":{version}}}"#)));
    Ok(ConfigResponse { config_id: Some(id.into()), content, ..request.response(Outcome::OK) })
}

async fn provider(world: &mut World, shelf: &Shelf) -> Provider {
    let (_, server) = world
        .started("cdp", async |bus: Bus| {
            let extension = Extension::new("cdp").replica("cdp-0").state(shelf.clone());
            extension.services(services![latest]).build().unwrap().serve(bus).start().await
        })
        .await;
    Provider { server }
}

impl Provider {
    async fn announce(&self, endpoint: &str, shelf: &Shelf) {
        let version = shelf.change(endpoint);
        let event = ConfigUpdated {
            app_version_name: "v1".into(),
            endpoint_id: endpoint.into(),
            config_id: version.to_string().into(),
            ..ConfigUpdated::default()
        };
        // An event that the bus does not take is one that nobody hears.
        let _ = self.server.messaging().publish_event(&event).await;
    }
}

/// The versions that a device got, one after the other.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u64>>>);

impl Seen {
    fn look(&self, payload: &Bytes) {
        let json: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
        let version: Option<u64> = json["configId"].as_str().and_then(|id| id.parse().ok());
        self.0.lock().unwrap().extend(version);
    }

    /// What follows is in the calm: only the last one counts of what was before.
    fn begin_again(&self) {
        let mut seen = self.0.lock().unwrap();
        let before = seen.len().saturating_sub(1);
        seen.drain(..before);
    }

    /// I6: it is the last one, and they never went back.
    fn has_latest(&self, endpoint: &str, latest: u64) -> Verdict {
        let seen = self.0.lock().unwrap();
        if !seen.is_sorted() {
            return Err(format!("I6: {endpoint} went back: {seen:?}"));
        }
        match seen.last() {
            Some(last) if *last == latest => Ok(()),
            last => Err(format!("I6: {endpoint} has {last:?}, and the latest is {latest}")),
        }
    }
}
