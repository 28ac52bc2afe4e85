//! How one replica takes over from another.

use std::io;
use std::path::Path;

use kaa_bus::Bus;
use kaa_process::error::Chain;
use tokio::time::Instant;

use super::build::Package;
use super::platform::Platform;
use super::replica::{Replica, Served, Setting, Started};
use super::saves::Saves;
use crate::terminal::tell;

/// The extension through all its changes.
#[derive(Debug)]
pub(super) struct Renewal {
    package: Package,
    arguments: Vec<String>,
    nats_url: String,
    /// Where a device could try it.
    http: String,
    bus: Bus,
    /// How many there have been.
    number: u32,
    serving: Option<Replica>,
}

impl Renewal {
    pub(super) fn new(platform: &Platform, package: Package, arguments: Vec<String>) -> Self {
        let http = platform.http().map(|address| format!("http://{address}")).unwrap_or_default();
        let (nats_url, bus) = (platform.nats_url(), platform.observe());
        Self { package, arguments, nats_url, http, bus, number: 0, serving: None }
    }

    /// Builds and runs it, again whenever something is saved. It never ends. Cancel safe: what serves goes on.
    pub(super) async fn go_on(&mut self, saves: &mut Saves) {
        loop {
            let began = Instant::now();
            match self.package.build().await {
                Ok(program) => self.renew(&program, began).await,
                Err(error) => {
                    let meanwhile = match self.serving {
                        Some(_) => "what was built before goes on",
                        None => "it is built again when something is saved",
                    };
                    tell("dev", &format!("{:#}; {meanwhile}", Chain(&error)));
                }
            }
            self.watch(saves).await;
        }
    }

    /// Waits until something is saved, and says so if the extension ends meanwhile.
    async fn watch(&mut self, saves: &mut Saves) {
        if let Some(serving) = &mut self.serving {
            tokio::select! {
                biased;
                () = saves.next() => return,
                ended = serving.ended() => {
                    let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                    tell("dev", &format!("the extension has ended ({how}); it is built and started again when something is saved"));
                    self.serving = None;
                }
            }
        }
        saves.next().await;
    }

    /// Starts a new replica, and stops the old one once the new one serves.
    async fn renew(&mut self, program: &Path, began: Instant) {
        match self.start(program).await {
            Ok((replica, served)) => {
                let name =
                    served.as_ref().map_or("it (which does not answer $SRV.INFO)", |served| &served.name);
                match self.serving.replace(replica) {
                    Some(before) => {
                        tell(
                            "dev",
                            &format!("{name} serves anew, {:.1?} after it was saved", began.elapsed()),
                        );
                        drain(before).await;
                    }
                    None => {
                        tell("dev", &format!("{name} serves"));
                        self.suggest(served.as_ref());
                    }
                }
            }
            Err(error) => tell("dev", &error),
        }
    }

    /// Starts a replica beside the old one; if it does not want to be there beside it, after it.
    async fn start(&mut self, program: &Path) -> Result<(Replica, Option<Served>), String> {
        let could_not = |error: io::Error| format!("{} could not be started: {error}", program.display());
        let mut replica = self.spawn(program).map_err(could_not)?;
        let mut started = replica.ready(&self.bus).await.map_err(could_not)?;
        if let Started::Ended(status) = started
            && let Some(before) = self.serving.take()
        {
            tell("dev", &format!("it did not start beside the one before ({status}): that one drains first"));
            drain(before).await;
            replica = self.spawn(program).map_err(could_not)?;
            started = replica.ready(&self.bus).await.map_err(could_not)?;
        }
        match started {
            Started::Serves(served) => Ok((replica, Some(served))),
            Started::Silent => Ok((replica, None)),
            Started::Ended(status) => Err(format!(
                "the extension did not start ({status}); it has said why; it is built and started again when \
                 something is saved"
            )),
        }
    }

    fn spawn(&mut self, program: &Path) -> io::Result<Replica> {
        self.number += 1;
        let Self { package: Package { directory, .. }, arguments, nats_url, .. } = self;
        Replica::start(program, self.number, Setting { directory, nats_url, arguments })
    }

    /// How a device would ask it.
    fn suggest(&self, served: Option<&Served>) {
        let Some(Served { name, path: Some(path) }) = served else { return };
        tell(
            "dev",
            &format!("ask it as a device: curl -i -d '{{}}' {}/kp1/v1/{name}/my-device{path}", self.http),
        );
    }

    /// Ends what serves, in order.
    pub(super) async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            drain(serving).await;
        }
    }
}

async fn drain(replica: Replica) {
    match replica.stop().await {
        Ok(Some(status)) if status.success() => {}
        Ok(Some(status)) => tell("dev", &format!("the one before did not end in order: {status}")),
        Ok(None) => tell("dev", "the one before did not end in time, and was killed"),
        Err(error) => tell("dev", &format!("the one before could not be ended: {error}")),
    }
}
