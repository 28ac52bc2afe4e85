//! Data collection: a batch is confirmed when every receiver has stored it.

use std::time::Duration;

use kaa_bus::faults::{Dice, Faults};
use kaa_bus::{Bus, Message, Subscription};
use kaa_ext::{Config, Running};
use kaa_protocol::avro::Record;
use kaa_protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
use kaa_protocol::ism::{Event as _, Message as _};
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::Subject;
use tokio::time::sleep;

use crate::communication::{Communication, Device};
use crate::replica::conserved;
use crate::seeds::{Scenario, Verdict};
use crate::world::World;

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "gather", faults: Faults::from_seed, play: |world| Box::pin(play(world)) };

const RECEIVERS: [&str; 2] = ["epts", "rci"];
const DEVICES: usize = 3;
const STEPS: usize = 20;

async fn play(mut world: World) -> Verdict {
    let mut collectors = vec![collector(&mut world, 0).await, collector(&mut world, 1).await];
    let mut receivers = Vec::new();
    for name in RECEIVERS {
        receivers.push(receiver(&mut world, name).await);
    }
    let communication = Communication::start(&mut world, "kpc-0").await;
    let devices: Vec<Device> = (0..DEVICES)
        .map(|number| Device::connect(&world, &communication, &format!("ep-{number}"), |_| {}))
        .collect();
    for step in 0..STEPS {
        let device = &devices[world.pick(DEVICES)];
        for _ in 0..=world.dice.below(3) {
            device.ask("dcx", "json", |number| format!("[{number}]"));
        }
        if world.dice.one_in(12) {
            let place = world.pick(RECEIVERS.len());
            world.server().crash(&receivers[place]);
            receivers[place] = receiver(&mut world, RECEIVERS[place]).await;
        }
        if world.dice.one_in(12) {
            let (bus, running) = collectors.remove(world.pick(2));
            if world.dice.one_in(2) {
                world.server().crash(&bus);
            } else {
                stop(running).await?;
            }
            collectors.push(collector(&mut world, step + 2).await);
        }
        let pause = world.up_to(Duration::from_millis(900));
        sleep(pause).await;
    }
    world.calm();
    sleep(Duration::from_secs(45)).await;
    for device in &devices {
        let number = device.ask("dcx", "json", |number| format!("[{number}]"));
        sleep(Duration::from_secs(5)).await;
        let outcome = world.history().outcome(number);
        if outcome != Some(200) {
            return Err(format!("I11: batch {number} got {outcome:?} in the calm"));
        }
    }
    communication.is_settled()?;
    for (_, running) in collectors {
        stop(running).await?;
    }
    let mut history = world.history();
    history.confirmed_by(&RECEIVERS);
    history.verdict()
}

/// A replica of the real service.
async fn collector(world: &mut World, number: usize) -> (Bus, Running) {
    world
        .started("dcx", async |bus: Bus| {
            let mut config = Config::<dcx::Settings>::default();
            config.service.instance.replica_id = Some(format!("dcx-{number}").parse().unwrap());
            config.extension.receivers = RECEIVERS.map(|name| name.parse().unwrap()).to_vec();
            config.extension.timeout = Duration::from_secs(2);
            dcx::start(bus, config).await
        })
        .await
}

async fn stop(running: Running) -> Verdict {
    let stopped = running.stop(Duration::from_secs(1)).await.map_err(|error| format!("I11: {error}"))?;
    conserved(&stopped.counters)
}

/// One who stores samples, sometimes slowly, and says so; sometimes it cannot.
async fn receiver(world: &mut World, name: &str) -> Bus {
    let service: ServiceInstance = name.parse().unwrap();
    let (bus, events) = world
        .started(name, async |bus: Bus| {
            bus.subscribe(DataSamplesEvent::KIND.filter(None), Some(&service)).await
        })
        .await;
    let store =
        Store { name: name.to_owned(), bus: bus.clone(), world: world.clone(), dice: world.dice.fork() };
    tokio::spawn(store.take_all(events));
    bus
}

struct Store {
    name: String,
    bus: Bus,
    world: World,
    dice: Dice,
}

impl Store {
    async fn take_all(mut self, mut events: Subscription) {
        while let Some(message) = events.next().await {
            self.take(&message);
        }
    }

    fn take(&mut self, message: &Message) {
        let reply_to = message.reply_to.clone().and_then(|bytes| Subject::try_from(bytes).ok());
        let (Ok(event), Some(reply_to)) = (DataSamplesEvent::decode(&message.payload), reply_to) else {
            return;
        };
        let event = event.record;
        let samples: Vec<u64> = event
            .data_samples
            .iter()
            .filter_map(|sample| str::from_utf8(sample).ok()?.parse().ok())
            .collect();
        let is_calm = self.world.history().is_calm;
        let works = is_calm || !self.dice.one_in(20);
        let time = if !is_calm && self.dice.one_in(8) { self.dice.below(4000) } else { self.dice.below(50) };
        let receipt = DataSamplesProcessed {
            correlation_id: event.correlation_id.clone(),
            receiver_service_instance_name: self.name.as_str().into(),
            status_code: if works { 200 } else { 507 },
            ..DataSamplesProcessed::default()
        };
        let (name, bus, world) = (self.name.clone(), self.bus.clone(), self.world.clone());
        tokio::spawn(async move {
            sleep(Duration::from_millis(time)).await;
            // Who has crashed stores nothing.
            if bus.connection() == kaa_bus::Connection::Closed {
                return;
            }
            if works {
                samples.iter().for_each(|number| world.history().stored(&name, *number));
            }
            let _ = bus.publish(reply_to, None, receipt.to_bytes()).await;
        });
    }
}
