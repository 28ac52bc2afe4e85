//! A service as a process: its connections, its port for operators, and the end of all of it.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use kaa_bus::{Bus, NatsOptions, ServiceInstance};
use kaa_process::admin::{AdminConfig, AdminSocket};
use kaa_process::signals::Stop;
use kaa_protocol::name::ReplicaId;

use super::RunError;
use super::shards::{self, Shards, Watched};
use crate::config::Config;
use crate::running::Running;
use crate::serve::Stopped;
use crate::{admin, console};

/// How long the connection may take to say its last words.
const CLOSE: Duration = Duration::from_secs(1);

/// What all that runs in one process has in common.
pub(super) struct Process {
    pub(super) nats: NatsOptions,
    pub(super) admin: AdminConfig,
    /// Where the port for operators will be.
    pub(super) socket: Option<AdminSocket>,
    pub(super) grace: Duration,
}

impl Process {
    /// Takes the port for operators: a service whose port is taken does not begin.
    pub(super) async fn new<E>(config: &Config<E>, service: &ServiceInstance) -> Result<Self, RunError> {
        Ok(Self {
            nats: config.nats.options()?.service(service.clone()),
            socket: AdminSocket::bind_as(&config.admin).await?,
            admin: config.admin.clone(),
            grace: config.limits.grace.unwrap_or(crate::Limits::default().grace),
        })
    }

    /// Runs the first shard here and the others beside it, until a signal comes or one of them ends.
    pub(super) async fn run_shards<F>(
        self,
        stop: Stop,
        shards: usize,
        replica: ReplicaId,
        serve: impl Fn(Bus, ReplicaId) -> F + Send + Sync + 'static,
    ) -> Result<Stopped, RunError>
    where
        F: Future<Output = Result<Running, RunError>> + 'static,
    {
        let (nats, serve) = (self.nats.clone(), Arc::new(serve));
        let start: shards::Start = Arc::new(move |replica| {
            let (nats, serve) = (nats.clone().name(replica.as_str()), serve.clone());
            Box::pin(async move {
                let bus = Bus::nats(nats).await?;
                let running = serve(bus.clone(), replica).await?;
                Ok((bus, running))
            })
        });
        let (bus, running) = start(replica.clone()).await?;
        match Shards::start(shards, &replica, self.grace, &start).await {
            Ok(shards) => self.attend(stop, bus, running, shards).await,
            Err(error) => {
                let _ = running.stop(self.grace).await;
                close(&bus).await;
                Err(error)
            }
        }
    }

    /// Serves until a signal comes or something ends by itself, and then ends everything.
    pub(super) async fn attend(
        self,
        stop: Stop,
        bus: Bus,
        mut running: Running,
        mut shards: Shards,
    ) -> Result<Stopped, RunError> {
        let watched = iter::once(Watched::new(&bus, &running)).chain(shards.watched()).collect();
        let admin = admin::of(self.nats.servers(), watched);
        let admin = console::mounted(admin, &self.admin, &self.nats);
        let admin = self.socket.map(|socket| admin.serve(socket));
        tokio::select! {
            () = stop => {}
            () = running.ended() => {}
            () = shards.ended() => {}
        }
        let (here, beside) = join(running.admin(admin).stop(self.grace), shards.stop()).await;
        close(&bus).await;
        Ok(here?.and(beside?))
    }
}

pub(super) async fn close(bus: &Bus) {
    if let Err(error) = bus.close(CLOSE).await {
        tracing::warn!("the connection was not closed in order: {error}");
    }
}
