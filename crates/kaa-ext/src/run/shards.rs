//! More than one core: each further one gets a replica of its own, in the same process.
//!
//! A shard is a thread with a runtime of one thread and a connection to the bus, in the same queue group. Between
//! shards nothing is shared but what the state of the extension shares, so none waits for another.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::future::{LocalBoxFuture, join_all, select_all};
use kaa_bus::Bus;
use kaa_protocol::name::ReplicaId;
use tokio::runtime;
use tokio::sync::{oneshot, watch};

use super::RunError;
use super::process::close;
use crate::counters::Counters;
use crate::describe::Description;
use crate::figures::Figures;
use crate::running::Running;
use crate::serve::{ServeError, Stopped};

/// What a shard runs: a replica with this identity, on a connection of its own.
pub(crate) type Start =
    Arc<dyn Fn(ReplicaId) -> LocalBoxFuture<'static, Result<(Bus, Running), RunError>> + Send + Sync>;

/// The identity of one more shard beside the first, which has that of the replica.
fn identity(replica: &ReplicaId, number: usize) -> Result<ReplicaId, RunError> {
    format!("{replica}-shard-{number}").parse().map_err(RunError::Shard)
}

/// The shards beside the first one, which runs where the service was started.
#[derive(Default)]
pub(crate) struct Shards {
    running: Vec<Shard>,
    stop: watch::Sender<bool>,
}

struct Shard {
    watched: Watched,
    ended: oneshot::Receiver<Result<Stopped, ServeError>>,
    /// How it ended, when that was seen.
    end: Option<Result<Stopped, ServeError>>,
}

/// What an operator looks at.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) bus: Bus,
    pub(crate) counters: Arc<dyn Fn() -> Counters + Send + Sync>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) description: Arc<Description>,
}

impl Watched {
    pub(crate) fn new(bus: &Bus, running: &Running) -> Self {
        let server = running.server();
        Self {
            bus: bus.clone(),
            counters: Arc::new(server.read_counters()),
            figures: server.figures().clone(),
            description: server.description().clone(),
        }
    }
}

impl Shards {
    /// Starts as many as there are to be in all, less the first one. When one of them cannot be started, the others
    /// are stopped.
    pub(crate) async fn start(
        count: usize,
        replica: &ReplicaId,
        grace: Duration,
        start: &Start,
    ) -> Result<Self, RunError> {
        let mut shards = Self::default();
        for number in 1..count {
            let replica = identity(replica, number);
            let shard = match replica {
                Ok(replica) => Shard::start(replica, grace, start.clone(), shards.stop.subscribe()).await,
                Err(error) => Err(error),
            };
            match shard {
                Ok(shard) => shards.running.push(shard),
                Err(error) => {
                    let _ = shards.stop().await;
                    return Err(error);
                }
            }
        }
        Ok(shards)
    }

    /// What an operator looks at.
    pub(crate) fn watched(&self) -> impl Iterator<Item = Watched> {
        self.running.iter().map(|shard| shard.watched.clone())
    }

    /// Waits until one of them has ended by itself. Cancel safe.
    pub(crate) async fn ended(&mut self) {
        if self.running.is_empty() {
            return pending().await;
        }
        select_all(self.running.iter_mut().map(|shard| Box::pin(shard.ended()))).await;
    }

    /// Stops all of them, and says what they have done, or how the first of those ended that did not end in order.
    pub(crate) async fn stop(mut self) -> Result<Stopped, ServeError> {
        self.stop.send_replace(true);
        join_all(self.running.iter_mut().map(Shard::ended)).await;
        let none = Stopped { counters: Counters::default(), unfinished: 0 };
        self.running.into_iter().filter_map(|shard| shard.end).try_fold(none, |all, one| Ok(all.and(one?)))
    }
}

impl Shard {
    async fn start(
        replica: ReplicaId,
        grace: Duration,
        start: Start,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, RunError> {
        let (tell_started, started) = oneshot::channel();
        let (tell_ended, ended) = oneshot::channel();
        let thread = thread::Builder::new().name(replica.to_string());
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(RunError::Thread)?;
        let run = move || {
            runtime.block_on(async {
                match start(replica).await {
                    Ok((bus, running)) => {
                        // When nobody waits for it any more, the channel of the stop is closed as well.
                        let _ = tell_started.send(Ok(Watched::new(&bus, &running)));
                        let _ = tell_ended.send(serve(bus, running, stop, grace).await);
                    }
                    Err(error) => drop(tell_started.send(Err(error))),
                }
            });
        };
        thread.spawn(run).map_err(RunError::Thread)?;
        let watched = started.await.map_err(|_| RunError::Thread(io::ErrorKind::BrokenPipe.into()))??;
        Ok(Self { watched, ended, end: None })
    }

    /// Waits until it has ended. Cancel safe.
    async fn ended(&mut self) {
        if self.end.is_none() {
            let ended = (&mut self.ended).await;
            self.end = Some(ended.unwrap_or(Err(ServeError::Aborted)));
        }
    }
}

async fn serve(
    bus: Bus,
    running: Running,
    mut stop: watch::Receiver<bool>,
    grace: Duration,
) -> Result<Stopped, ServeError> {
    let asked = async {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let stopped = running.stop_when(asked, grace).await;
    close(&bus).await;
    stopped
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::FutureExt;
    use kaa_bus::MemoryServer;
    use kaa_protocol::subject::Subject;

    use super::*;
    use crate::extension::Extension;
    use crate::running::StartError;

    const GRACE: Duration = Duration::from_secs(1);

    fn replica() -> ReplicaId {
        ReplicaId::from_static("ext-0")
    }

    /// Shards of one extension on one server, as a process starts them.
    async fn start(count: usize, server: &MemoryServer) -> Result<Shards, RunError> {
        let server = server.clone();
        let extension = Extension::new("ext").build().unwrap();
        let start: Start = Arc::new(move |replica| {
            let (bus, extension) = (server.connect(), extension.replica_named(replica));
            Box::pin(async move {
                let running = Running::new(extension.serve(bus.clone()).start().await?);
                Ok((bus, running))
            })
        });
        Shards::start(count, &replica(), GRACE, &start).await
    }

    #[tokio::test]
    async fn each_shard_beside_the_first_is_a_replica_of_its_own() {
        let server = MemoryServer::new();
        let shards = start(3, &server).await.unwrap();
        let bus = server.connect();
        for name in ["ext-0-shard-1", "ext-0-shard-2"] {
            let subject: Subject = format!("kaa.v1.replica.{name}.esp.ClientData").parse().unwrap();
            bus.publish(subject, None, "no datum".into()).await.unwrap();
        }
        let watched: Vec<_> = shards.watched().collect();
        while watched.iter().map(|shard| (shard.counters)().malformed).sum::<u64>() < 2 {
            tokio::task::yield_now().await;
        }
        let each: Vec<_> = watched.iter().map(|shard| (shard.counters)().malformed).collect();
        assert_eq!(each, [1, 1], "each has its own subject and counts for itself");
        let stopped = shards.stop().await.unwrap();
        assert_eq!((stopped.counters.received, stopped.unfinished), (2, 0));
        assert!(stopped.counters.is_balanced());
    }

    #[tokio::test]
    async fn one_shard_in_all_is_none_beside_the_first() {
        let mut shards = start(1, &MemoryServer::new()).await.unwrap();
        assert_eq!(shards.watched().count(), 0);
        assert!(shards.ended().now_or_never().is_none(), "nothing ends that is not there");
        assert_eq!(shards.stop().await.unwrap().counters, Counters::default());
    }

    #[tokio::test]
    async fn a_shard_that_ends_by_itself_is_noticed_and_says_why() {
        let mut shards = start(2, &MemoryServer::new()).await.unwrap();
        let watched: Vec<_> = shards.watched().collect();
        watched[0].bus.close(GRACE).await.unwrap();
        shards.ended().await;
        assert!(matches!(shards.stop().await, Err(ServeError::BusClosed)));
    }

    #[tokio::test]
    async fn one_that_cannot_be_started_stops_the_others() {
        let started = Arc::new(Mutex::new(Vec::new()));
        let (bus, seen) = (Bus::memory(), started.clone());
        let start: Start = Arc::new(move |replica| {
            let (bus, seen) = (bus.clone(), seen.clone());
            Box::pin(async move {
                if replica == "ext-0-shard-2" {
                    return Err(RunError::Start(StartError::from("there is no room")));
                }
                let alive = Arc::new(());
                seen.lock().unwrap().push(Arc::downgrade(&alive));
                let server = Extension::new("ext").state(alive).build().unwrap().serve(bus.clone()).start();
                Ok((bus.clone(), Running::new(server.await?)))
            })
        });
        let failed = Shards::start(4, &replica(), GRACE, &start).await.err().unwrap();
        assert!(format!("{failed:?}").contains("there is no room"), "{failed:?}");
        let started = started.lock().unwrap();
        assert_eq!(started.len(), 1, "the third is not tried");
        assert!(started.iter().all(|shard| shard.upgrade().is_none()), "the first has been stopped");
    }

    #[tokio::test]
    async fn a_name_that_is_too_long_for_a_shard_is_said() {
        let long: ReplicaId = "r".repeat(128).parse().unwrap();
        let start: Start = Arc::new(|_| Box::pin(pending()));
        let error = Shards::start(2, &long, GRACE, &start).await.err().unwrap();
        assert!(error.to_string().contains("service.instance.replica-id"), "{error}");
    }
}
