//! Everybody together, and what the devices have got.

use std::time::Duration;

use kaa_bus::{Bus, RequestError};
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::Venue;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::communication::{Communication, Delivery};
use crate::extension::Replica;

/// Two communication replicas, two extension replicas.
pub(crate) struct Cluster {
    pub(crate) venue: Venue,
    pub(crate) kpc: [Option<Communication>; 2],
    pub(crate) ext: [Option<Replica>; 2],
    /// Somebody who can tell whether others are there.
    watcher: Bus,
    devices: UnboundedSender<Delivery>,
    deliveries: UnboundedReceiver<Delivery>,
}

const KPC: [&str; 2] = ["kpc-0", "kpc-1"];
const EXT: [&str; 2] = ["ext-0", "ext-1"];

impl Cluster {
    pub(crate) async fn start(venue: Venue) -> Self {
        let (devices, deliveries) = unbounded_channel();
        let watcher = venue.connect().await;
        let mut cluster = Self { venue, kpc: [None, None], ext: [None, None], watcher, devices, deliveries };
        for index in [0, 1] {
            cluster.start_kpc(index).await;
            cluster.start_ext(index).await;
        }
        cluster
    }

    /// Starts a communication replica that is not there, without devices.
    pub(crate) async fn start_kpc(&mut self, index: usize) {
        let replica = Communication::start(&self.venue, KPC[index], self.devices.clone()).await;
        assert!(self.kpc[index].replace(replica).is_none());
    }

    /// Starts an extension replica that is not there.
    pub(crate) async fn start_ext(&mut self, index: usize) {
        let replica = Replica::start(&self.venue, EXT[index]).await;
        assert!(self.ext[index].replace(replica).is_none());
    }

    pub(crate) fn kpc(&self, index: usize) -> &Communication {
        self.kpc[index].as_ref().unwrap()
    }

    pub(crate) fn ext(&mut self, index: usize) -> &mut Replica {
        self.ext[index].as_mut().unwrap()
    }

    /// Kills a communication replica; returns when the server knows that it is gone.
    pub(crate) async fn kill_kpc(&mut self, index: usize) {
        let replica = self.kpc[index].take().unwrap();
        let subject = replica.return_path();
        replica.kill().await;
        self.gone(&subject).await;
    }

    /// Kills an extension replica; returns when the server knows that it is gone.
    pub(crate) async fn kill_ext(&mut self, index: usize) {
        let replica = self.ext[index].take().unwrap();
        let subject = replica.pinned();
        replica.kill().await;
        self.gone(&subject).await;
    }

    pub(crate) async fn gone(&self, subject: &str) {
        let gone = async {
            loop {
                let asked =
                    self.watcher.request(subject.parse().unwrap(), "".into(), Duration::from_millis(50));
                if let Err(RequestError::NoResponders { .. }) = asked.await {
                    break;
                }
            }
        };
        soon("the server to see that a replica is gone", gone).await;
    }

    /// A device asks; what it gets next.
    pub(crate) async fn ask(&mut self, kpc: usize, endpoint: &str, path: &str) -> Delivery {
        let id = self.kpc(kpc).ask(endpoint, path);
        let answer = self.next().await;
        assert_eq!((answer.answers.as_ref(), answer.endpoint.as_str()), (Some(&id), endpoint));
        answer
    }

    /// What any device gets next.
    pub(crate) async fn next(&mut self) -> Delivery {
        soon("a delivery", self.deliveries.recv()).await.unwrap()
    }

    /// No device gets anything that was sent before.
    pub(crate) async fn nothing_more(&mut self) {
        // Twice: what is sent anew because of a notice, too.
        for _ in 0..2 {
            for bus in self.ext.iter().flatten().map(Replica::bus) {
                bus.fence(PATIENCE).await.unwrap();
            }
            for bus in self.kpc.iter().flatten().map(Communication::bus) {
                bus.fence(PATIENCE).await.unwrap();
            }
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        let more = self.deliveries.try_recv();
        assert!(more.is_err(), "{more:?}");
    }
}
