//! What got 200 is stored, once, whatever is killed.
//!
//! A device cannot know what became of a batch that was not confirmed, and a second try would be another request to
//! everybody. So devices here never send a batch again: it may have been stored or not, but not twice, and not in
//! part.

use std::collections::BTreeMap;
use std::env;

use kaa_tests::service::Service;
use serde_json::Value;

use crate::load::{Door, Fates, Load, SAMPLES};
use crate::store::{Store, Stored};
use crate::world::World;

/// The order of the kills; `KAA_KILLS_SEED` for another one.
const SEED: u64 = 5;

/// Every token is an endpoint, and nobody waits for long.
const COMMUNICATION: &str =
    "tokens: { mode: trustful }\nrequests: { timeout: 1s }\nextensions: { dcx: {} }\n";

/// How many further batches have to get their 200 after each kill.
const PROGRESS: usize = 30;

/// Who is killed, and how often.
type Victims = &'static [(&'static str, usize)];

/// With one `epts`, which has the file.
const ON_A_FILE: Victims = &[("dcx-0", 3), ("dcx-1", 3), ("epts-0", 5), ("kaa-kpc", 5), ("nats-server", 4)];

/// With two, which share the database.
const ON_A_SERVER: Victims = &[
    ("dcx-0", 2),
    ("dcx-1", 2),
    ("epts-0", 3),
    ("epts-1", 3),
    ("kaa-kpc", 3),
    ("nats-server", 4),
    ("postgres", 3),
];

struct Platform {
    world: World,
    store: Store,
    services: BTreeMap<&'static str, Service>,
}

impl Platform {
    async fn start(store: Store, world: World, victims: Victims) -> Self {
        let mut platform = Self { world, store, services: BTreeMap::new() };
        for (name, _) in victims.iter().filter(|(name, _)| name.ends_with(char::is_numeric)) {
            platform.begin(name).await;
        }
        platform
    }

    /// Starts a replica of a service, by its name.
    async fn begin(&mut self, replica: &'static str) {
        let (service, _) = replica.split_once('-').unwrap();
        let database = self.store.database();
        let variables = [
            ("SERVICE_INSTANCE_REPLICA_ID", replica),
            ("DATABASE", &database),
            ("DCX_RECEIVERS", "epts"),
            // What is lost with the one who was killed is not waited for longer than need be.
            ("DCX_TIMEOUT", "500ms"),
        ];
        let running = self.world.service(service, &variables).await;
        self.services.insert(replica, running);
    }

    /// `kill -9`, and a new one.
    async fn kill(&mut self, victim: &'static str) {
        match victim {
            "kaa-kpc" => {
                self.world.kpc.kill();
                self.world.kpc = self.world.communication().await;
            }
            "nats-server" => self.world.server.restart().await,
            "postgres" => self.store.restart().await,
            replica => {
                self.services.remove(replica).unwrap().killed().await;
                self.begin(replica).await;
            }
        }
    }
}

#[tokio::test]
async fn every_batch_that_got_200_is_in_the_file_and_none_twice_after_twenty_kills() {
    let world = World::start_with(COMMUNICATION).await;
    twenty_kills(Store::sqlite(&world), world, ON_A_FILE).await;
}

#[tokio::test]
async fn every_batch_that_got_200_is_in_postgresql_and_none_twice_after_twenty_kills() {
    twenty_kills(Store::postgres().await, World::start_with(COMMUNICATION).await, ON_A_SERVER).await;
}

async fn twenty_kills(store: Store, world: World, victims: Victims) {
    let seed = env::var("KAA_KILLS_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let mut platform = Platform::start(store, world, victims).await;
    let load = Load::start(Door::of(&platform.world.kpc), 24, 8);
    load.goes_on("the load to begin", PROGRESS).await;
    let order = shuffled(victims, seed);
    assert_eq!(order.len(), 20);
    for (number, victim) in order.into_iter().enumerate() {
        load.close_door();
        platform.kill(victim).await;
        load.open_door(Door::of(&platform.world.kpc));
        let what = format!("progress after kill {number}, of {victim} (KAA_KILLS_SEED={seed})");
        load.goes_on(&what, PROGRESS).await;
    }
    let fates = load.stop().await;
    for (_, service) in platform.services {
        service.killed().await;
    }
    is_stored_once(&fates, &platform.store.samples().await, seed);
}

/// Compares what devices were told with what is stored.
#[allow(clippy::print_stdout, reason = "the figures, for those who ask with --nocapture")]
fn is_stored_once(fates: &Fates, stored: &[Stored], seed: u64) {
    let mut told = BTreeMap::new();
    for fate in fates.values() {
        *told.entry(*fate).or_insert(0_usize) += 1;
    }
    let context = format!("KAA_KILLS_SEED={seed}; batches by what devices were told: {told:?}");
    let mut batches: BTreeMap<String, Vec<(i64, u64)>> = BTreeMap::new();
    for sample in stored {
        let content: Value = serde_json::from_str(&sample.content).unwrap();
        let batch = content["batch"].as_str().unwrap();
        assert!(fates.contains_key(batch), "{batch} was never sent; {context}");
        assert_eq!(batch.split('/').next(), Some(&*sample.endpoint), "{context}");
        let number = content["sample"].as_u64().unwrap();
        batches.entry(batch.to_owned()).or_default().push((sample.batch, number));
    }
    for (name, samples) in &batches {
        let whole: Vec<_> = (0..).take(SAMPLES).map(|number| (samples[0].0, number)).collect();
        assert_eq!(*samples, whole, "{name} is not stored once and whole; {context}");
    }
    for (name, fate) in fates {
        assert!(*fate != Some(200) || batches.contains_key(name), "{name} got 200 and is lost; {context}");
        assert!(matches!(fate, None | Some(200 | 503 | 504)), "{name} was told {fate:?}; {context}");
    }
    assert!(told.keys().any(|fate| *fate != Some(200)), "no kill was felt by any device; {context}");
    println!("{context}; stored: {}", batches.len());
}

/// The victims, in an order that the seed decides (splitmix64, Fisher and Yates).
fn shuffled(victims: Victims, mut seed: u64) -> Vec<&'static str> {
    let mut victims: Vec<_> =
        victims.iter().flat_map(|(victim, times)| std::iter::repeat_n(*victim, *times)).collect();
    for last in (1..victims.len()).rev() {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = seed;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let below = u64::try_from(last + 1).unwrap();
        victims.swap(last, usize::try_from((drawn ^ (drawn >> 31)) % below).unwrap());
    }
    victims
}
