//! How one replica takes over from another.

use std::io;
use std::mem;
use std::path::Path;

use kaa_bus::Bus;
use kaa_process::error::Chain;
use tokio::time::Instant;

use super::build::Package;
use super::platform::Platform;
use super::replica::{Replica, START, Served, Setting, Started};
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
    /// Beside it: one that starts, or one that drains.
    beside: Option<Replica>,
}

impl Renewal {
    pub(super) fn new(platform: &Platform, package: Package, arguments: Vec<String>) -> Self {
        let http = platform.http().map(|address| format!("http://{address}")).unwrap_or_default();
        let (nats_url, bus) = (platform.nats_url(), platform.observe());
        Self { package, arguments, nats_url, http, bus, number: 0, serving: None, beside: None }
    }

    /// Builds and runs it, again whenever something is saved. It never ends. Cancel safe: all replicas go on until
    /// [`stop`](Self::stop).
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
            Ok(served) => {
                let name =
                    served.as_ref().map_or("it (which does not answer $SRV.INFO)", |served| &served.name);
                mem::swap(&mut self.serving, &mut self.beside);
                if self.beside.is_some() {
                    tell("dev", &format!("{name} serves anew, {:.1?} after it was saved", began.elapsed()));
                } else {
                    tell("dev", &format!("{name} serves"));
                    self.suggest(served.as_ref());
                }
            }
            Err(error) => tell("dev", &error),
        }
        drain(&mut self.beside).await;
    }

    /// Starts a replica beside the old one; if it does not want to be there beside it, after it.
    async fn start(&mut self, program: &Path) -> Result<Option<Served>, String> {
        let could_not = |error: io::Error| format!("{} could not be started: {error}", program.display());
        let mut started = self.spawn(program).await.map_err(could_not)?;
        if let Started::Ended(status) = started
            && self.serving.is_some()
        {
            tell("dev", &format!("it did not start beside the one before ({status}): that one drains first"));
            drain(&mut self.serving).await;
            started = self.spawn(program).await.map_err(could_not)?;
        }
        match started {
            Started::Serves(served) => Ok(Some(served)),
            Started::Silent if self.says_that_it_serves().await => Err(format!(
                "it has not said within {START:?} that it serves, as the one before does; what was built before goes on"
            )),
            Started::Silent => Ok(None),
            Started::Ended(status) => {
                self.beside = None;
                Err(format!(
                    "the extension did not start ({status}); it has said why; it is built and started again when \
                     something is saved"
                ))
            }
        }
    }

    async fn spawn(&mut self, program: &Path) -> io::Result<Started> {
        self.number += 1;
        let Self { package, arguments, nats_url, .. } = self;
        let setting = Setting { directory: &package.directory, nats_url, arguments };
        self.beside.insert(Replica::start(program, self.number, setting)?).ready(&self.bus).await
    }

    /// Whether what serves is one that says so.
    async fn says_that_it_serves(&self) -> bool {
        match &self.serving {
            Some(serving) => serving.serves(&self.bus).await,
            None => false,
        }
    }

    /// How a device would ask it.
    fn suggest(&self, served: Option<&Served>) {
        let Some(Served { name, path: Some(path) }) = served else { return };
        tell(
            "dev",
            &format!("ask it as a device: curl -i -d '{{}}' {}/kp1/v1/{name}/my-device{path}", self.http),
        );
    }

    /// Ends all replicas, in order.
    pub(super) async fn stop(&mut self) {
        tokio::join!(drain(&mut self.beside), drain(&mut self.serving));
    }
}

/// Cancel safe: it drains on.
async fn drain(place: &mut Option<Replica>) {
    let Some(replica) = place else { return };
    let ended = replica.stop().await;
    let id = &replica.id;
    match ended {
        Ok(Some(status)) if status.success() => {}
        Ok(Some(status)) => tell("dev", &format!("{id} did not end in order: {status}")),
        Ok(None) => tell("dev", &format!("{id} did not end in time, and was killed")),
        Err(error) => tell("dev", &format!("{id} could not be ended: {error}")),
    }
    *place = None;
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::PathBuf;

    use kaa_bus::{Subject, SubjectFilter};
    use serde_json::json;

    use super::*;

    /// Says `ready-ID` when it can be asked to stop, `asked-ID` when it was, and `drained-ID` once `go` lets it.
    const PATIENT: &str = r#"
        id=$SERVICE_INSTANCE_REPLICA_ID
        trap 'touch asked-$id; until [ -e go ]; do sleep 0.01; done; touch drained-$id; exit 0' TERM
        touch ready-$id
        while :; do sleep 0.01; done"#;

    struct Place {
        directory: PathBuf,
        bus: Bus,
        renewal: Renewal,
    }

    impl Place {
        /// A package whose program is this script.
        fn new(name: &str, script: &str) -> Self {
            let directory = std::env::temp_dir().join(format!("kaa-dev-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&directory).unwrap();
            let bus = Bus::memory();
            let renewal = Renewal {
                package: Package { directory: directory.clone(), bin: None, release: false },
                arguments: vec!["-c".to_owned(), script.to_owned()],
                nats_url: String::new(),
                http: String::new(),
                bus: bus.clone(),
                number: 0,
                serving: None,
                beside: None,
            };
            Self { directory, bus, renewal }
        }

        /// Says that those replicas serve of which this is true.
        async fn says_of(&self, serves: impl Fn(&Path, &str) -> bool + Send + 'static) {
            let (directory, bus) = (self.directory.clone(), self.bus.clone());
            let mut questions =
                bus.subscribe("$SRV.INFO".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
            tokio::spawn(async move {
                while let Some(question) = questions.next().await {
                    let inbox = Subject::try_from(question.reply_to.unwrap()).unwrap();
                    for id in ["dev-1", "dev-2", "dev-3"] {
                        if serves(&directory, id) {
                            let kind = "io.nats.micro.v1.info_response";
                            let info = json!({ "type": kind, "name": "greeter", "id": id }).to_string();
                            bus.publish(inbox.clone(), None, info.into()).await.unwrap();
                        }
                    }
                }
            });
        }

        async fn renew(&mut self) {
            self.renewal.renew(Path::new("/bin/sh"), Instant::now()).await;
        }

        /// Renews until there is this file.
        async fn renew_until(&mut self, file: &str) {
            let (file, mut saves) = (self.directory.join(file), Saves::watch(&self.directory).unwrap());
            let is_there = async {
                while !file.exists() {
                    saves.next().await;
                }
            };
            tokio::select! {
                () = self.renewal.renew(Path::new("/bin/sh"), Instant::now()) => panic!("it is done"),
                () = is_there => {}
            }
        }

        fn serving(&self) -> &str {
            &self.renewal.serving.as_ref().unwrap().id
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }

    #[tokio::test]
    async fn one_that_drains_or_starts_when_everything_stops_ends_in_order() {
        let mut place = Place::new("drains", PATIENT);
        let serves =
            |directory: &Path, id: &str| id != "dev-3" && directory.join(format!("ready-{id}")).exists();
        place.says_of(serves).await;
        place.renew().await;
        place.renew_until("asked-dev-1").await;
        assert_eq!(place.serving(), "dev-2");
        std::fs::write(place.directory.join("go"), "").unwrap();
        place.renewal.stop().await;
        for id in ["dev-1", "dev-2"] {
            assert!(place.directory.join(format!("drained-{id}")).exists(), "{id}");
        }
        place.renew_until("ready-dev-3").await;
        place.renewal.stop().await;
        assert!(place.directory.join("drained-dev-3").exists());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_say_that_it_serves_does_not_replace_one_that_does() {
        let mut place = Place::new("silent", "exec sleep 1000");
        place.says_of(|_, id| id == "dev-1").await;
        place.renew().await;
        place.renew().await;
        assert_eq!(place.serving(), "dev-1");
        assert!(place.renewal.beside.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_extension_that_never_says_so_is_replaced_all_the_same() {
        let mut place = Place::new("dumb", "exec sleep 1000");
        place.renew().await;
        place.renew().await;
        assert_eq!(place.serving(), "dev-2");
    }
}
