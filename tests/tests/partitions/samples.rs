//! The receiver of samples, cut off from those who wait for its receipts.

use kaa_tests::cable::{Cable, Way};
use kaa_tests::chaos::{COMMUNICATION, Verdict, Violations};
use kaa_tests::load::{Door, Load};
use kaa_tests::store::Store;
use kaa_tests::world::World;

use crate::site::{Ending, NEVER, PING};

/// How many further batches have to get their 200 after each partition.
const PROGRESS: usize = 30;

/// How many are not confirmed before a partition ends that nobody has noticed.
const SUFFERING: usize = 12;

/// The receiver is cut off one way and the other; in the end everything that got 200 is stored, once.
async fn is_cut_off(ping: &str, endings: &[Ending]) {
    let world = World::start_with(COMMUNICATION).await;
    let cable = Cable::to(&world.server).await;
    let store = Store::sqlite(&world);
    let (database, url) = (store.database(), cable.url());
    let receiver = [("DATABASE", &*database), ("NATS_URLS", &*url), ("NATS_PING_INTERVAL", ping)];
    let mut epts = world.service("epts", &receiver).await;
    let _dcx = world.service("dcx", &[("DCX_RECEIVERS", "epts"), ("DCX_TIMEOUT", "500ms")]).await;
    let load = Load::start(Door::of(&world.kpc), 12, 4);
    load.goes_on("the load to begin", PROGRESS).await;
    for way in [Way::ToServer, Way::FromServer] {
        for ending in endings {
            cable.cut(way);
            load.suffers("batches that are not confirmed", SUFFERING).await;
            if ping != NEVER {
                epts.logged("connection to NATS lost").await;
            }
            ending.of(&cable);
            load.goes_on("confirmations after a partition", PROGRESS).await;
        }
    }
    let fates = load.stop().await;
    epts.killed().await;
    let verdict = Verdict::of(&fates, &store.samples().await);
    assert!(verdict.told.keys().any(|code| *code == Some(504)), "nobody felt it:\n{verdict}");
    // When answers come is a matter of the machine, too.
    let violations = Violations { late: Vec::new(), ..verdict.violations };
    assert_eq!(violations, Violations::default());
}

#[tokio::test]
async fn what_got_200_is_stored_once_although_the_receiver_was_cut_off_and_came_back() {
    is_cut_off(PING, &[Ending::Mended, Ending::Reset]).await;
}

#[tokio::test]
async fn what_got_200_is_stored_once_although_events_and_receipts_were_held_back() {
    is_cut_off(NEVER, &[Ending::Mended, Ending::Mended]).await;
}
