//! Devices that ask while replicas come and go.

use std::time::Duration;

use kaa_bus::{Bus, Subscription};
use kaa_ext::Limits;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, Revision};
use kaa_protocol::subject::SubjectFilter;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::communication::{Communication, Device};
use crate::replica::Replica;
use crate::seeds::Verdict;
use crate::world::World;

/// What kind of traffic.
pub(crate) struct Plan {
    pub(crate) replicas: usize,
    pub(crate) devices: usize,
    pub(crate) steps: usize,
    /// How many requests a device makes at once, at most.
    pub(crate) burst: u64,
    /// How long a handler takes, at most.
    pub(crate) work: Duration,
    /// How long nothing is asked between two steps, at most.
    pub(crate) pause: Duration,
    pub(crate) limits: Limits,
    /// Replicas of the extension that crash; that are replaced; replicas of the communication service that
    /// crash; each once in so many steps, and never with 0.
    pub(crate) crash: u64,
    pub(crate) replace: u64,
    pub(crate) lose: u64,
    /// Handlers that panic or hang; senders whose return address is none.
    pub(crate) has_trouble: bool,
    /// Whether every request has to succeed.
    pub(crate) is_perfect: bool,
}

/// How long everything takes to be as before once nothing goes wrong any more.
const HEALING: Duration = Duration::from_secs(45);

pub(crate) async fn play(mut world: World, plan: Plan) -> Verdict {
    let mut traffic = Traffic::start(&mut world, plan).await;
    for _ in 0..traffic.plan.steps {
        traffic.step(&mut world).await?;
        let pause = world.up_to(traffic.plan.pause);
        sleep(pause).await;
    }
    world.calm();
    sleep(HEALING).await;
    traffic.works_again(&mut world).await?;
    traffic.end(&mut world).await
}

struct Traffic {
    plan: Plan,
    communications: Vec<Communication>,
    replicas: Vec<Replica>,
    devices: Vec<Device>,
    draining: Vec<JoinHandle<Verdict>>,
    started: usize,
    hostile: Bus,
    trap: Option<Subscription>,
}

impl Traffic {
    async fn start(world: &mut World, plan: Plan) -> Self {
        let (hostile, trap) = world
            .started("the trap", async |bus: Bus| {
                bus.subscribe("trap.>".parse::<SubjectFilter>().unwrap(), None).await
            })
            .await;
        let mut traffic = Self {
            communications: Vec::new(),
            replicas: Vec::new(),
            devices: Vec::new(),
            draining: Vec::new(),
            started: 0,
            hostile,
            trap: Some(trap),
            plan,
        };
        for _ in 0..2 {
            traffic.add_communication(world).await;
        }
        for _ in 0..traffic.plan.replicas {
            traffic.add_replica(world).await;
        }
        for number in 0..traffic.plan.devices {
            let place = world.pick(traffic.communications.len());
            let device = traffic.connect(world, place, &format!("ep-{number}"));
            traffic.devices.push(device);
        }
        traffic
    }

    fn connect(&self, world: &World, place: usize, endpoint: &str) -> Device {
        let (heard, name) = (world.clone(), endpoint.to_owned());
        Device::connect(world, &self.communications[place], endpoint, move |payload| {
            heard.history().pushed(&name, payload);
        })
    }

    async fn add_communication(&mut self, world: &mut World) {
        self.started += 1;
        let communication = Communication::start(world, &format!("kpc-{}", self.started)).await;
        self.communications.push(communication);
    }

    async fn add_replica(&mut self, world: &mut World) {
        self.started += 1;
        let name = format!("ext-{}", self.started);
        self.replicas.push(Replica::start(world, &name, self.plan.limits).await);
    }

    async fn step(&mut self, world: &mut World) -> Verdict {
        let happens = |world: &mut World, once_in: u64| once_in > 0 && world.dice.one_in(once_in);
        if happens(world, self.plan.crash) {
            let replica = self.replicas.remove(world.pick(self.replicas.len()));
            replica.crash(world).await?;
            self.add_replica(world).await;
        }
        if happens(world, self.plan.replace) {
            self.add_replica(world).await;
            let replica = self.replicas.remove(world.pick(self.replicas.len()));
            self.draining.push(tokio::spawn(replica.drain()));
        }
        if happens(world, self.plan.lose) {
            self.lose_communication(world).await?;
        }
        if self.plan.has_trouble && world.dice.one_in(10) {
            self.lay_the_trap(world).await;
        }
        let place = world.pick(self.devices.len());
        for _ in 0..=world.dice.below(self.plan.burst) {
            let kind = world.dice.below(20);
            let ending = match kind {
                0 if self.plan.has_trouble => "panic",
                1 if self.plan.has_trouble => "hang",
                _ => "ok",
            };
            let path = ["echo", "echo", "pin", "push"][world.pick(4)];
            let millis = if kind < 10 { 0 } else { world.up_to(self.plan.work).as_millis() };
            self.devices[place].ask("ext", path, |number| format!("{number} {millis} {ending}"));
        }
        Ok(())
    }

    /// A replica of the communication service dies; its devices come to another one.
    async fn lose_communication(&mut self, world: &mut World) -> Verdict {
        let lost = self.communications.remove(world.pick(self.communications.len()));
        lost.crash(world).await?;
        self.add_communication(world).await;
        for place in 0..self.devices.len() {
            let endpoint = self.devices[place].endpoint.clone();
            let at = world.pick(self.communications.len());
            self.devices[place] = self.connect(world, at, &endpoint);
        }
        Ok(())
    }

    /// A request whose return address is no return address.
    async fn lay_the_trap(&self, world: &mut World) {
        let number = world.dice.roll().to_string();
        let data = ClientData {
            correlation_id: &number,
            timestamp: self.hostile.clock().millis(),
            timeout: 0,
            app_version_name: "v1",
            endpoint_id: Some("ep-0"),
            resource_path: "/nothing",
            request_id: Some(1),
            payload: &[],
            config_name: None,
        };
        let datum = data.encode(Revision::default()).unwrap();
        let subject = "kaa.v1.service.ext.esp.ClientData".parse().unwrap();
        let _ = self.hostile.publish(subject, Some("trap.door".parse().unwrap()), datum).await;
    }

    /// I11: everybody is served, and a session stays where it is pinned.
    async fn works_again(&mut self, world: &mut World) -> Verdict {
        for device in &self.devices {
            for path in ["pin", "echo", "push"] {
                let number = device.ask("ext", path, |number| format!("{number} 0 ok"));
                sleep(Duration::from_secs(1)).await;
                let outcome = world.history().outcome(number);
                if outcome != Some(200) {
                    return Err(format!("I11: {number} of {} got {outcome:?} in the calm", device.endpoint));
                }
            }
            if self.plan.has_trouble {
                let number = device.ask("ext", "echo", |number| format!("{number} 1 panic"));
                let next = device.ask("ext", "echo", |number| format!("{number} 1 ok"));
                sleep(Duration::from_secs(1)).await;
                let outcomes = [number, next].map(|number| world.history().outcome(number));
                if outcomes != [Some(500), Some(200)] {
                    return Err(format!("I9: a panic and what follows it got {outcomes:?}"));
                }
            }
        }
        Ok(())
    }

    /// Everything is as it was before, and accounted for.
    async fn end(mut self, world: &mut World) -> Verdict {
        for draining in self.draining {
            draining.await.map_err(|error| format!("I9: a drain: {error}"))??;
        }
        sleep(Duration::from_secs(5)).await;
        let mut caught = self.trap.iter_mut().flat_map(|trap| std::iter::from_fn(|| trap.try_next()));
        // The server itself may say there that nobody listens.
        if let Some(caught) = caught.find(|message| message.no_responders.is_none()) {
            return Err(format!("I5: something was sent to {:?}", caught.subject));
        }
        drop(caught);
        world.history().verdict()?;
        for communication in &self.communications {
            communication.is_settled()?;
        }
        for replica in &self.replicas {
            replica.is_settled()?;
        }
        if self.plan.is_perfect {
            let statuses = world.history().statuses();
            if statuses.keys().any(|status| *status != 200) {
                return Err(format!("R6: requests failed while replicas were replaced: {statuses:?}"));
            }
        }
        for replica in self.replicas {
            replica.drain().await?;
        }
        self.devices.clear();
        for communication in self.communications {
            communication.stop().await?;
        }
        self.trap = None;
        drop(self.hostile);
        sleep(Duration::from_secs(5)).await;
        let (subscriptions, messages) = (world.server().subscriptions(), world.server().on_its_way());
        match (subscriptions, messages) {
            (0, 0) => Ok(()),
            left => Err(format!("I8: subscriptions and messages that are left: {left:?}")),
        }
    }
}
