//! A service that is more than its extension: what stands beside it, and in which order all of it ends.

use std::error::Error;
#[cfg(feature = "rest")]
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kaa_process::admin::AdminServer;
use tokio::time::timeout;

use crate::counters::Counters;
use crate::serve::{ServeError, Server, Stopped};

/// Why a service did not start: any error, for a person to read.
pub type StartError = Box<dyn Error + Send + Sync>;

/// How long one who reads the admin port may take to finish, when everything else has ended.
const LAST_LOOK: Duration = Duration::from_secs(1);

type Task = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// A running extension and what stands beside it.
///
/// Stopping goes from the outside to the inside: first the REST port, then the extension, and then what
/// both worked with, such as a database.
#[must_use = "a service is stopped with `stop`"]
pub struct Running {
    server: Server,
    admin: Option<AdminServer>,
    #[cfg(feature = "rest")]
    rest: Option<kaa_process::rest::RestServer>,
    last: Vec<Task>,
}

impl Running {
    /// An extension alone.
    pub fn new(server: Server) -> Self {
        Self {
            server,
            admin: None,
            #[cfg(feature = "rest")]
            rest: None,
            last: Vec::new(),
        }
    }

    /// With a port for operators, unless that is off. It answers to the end, and is not ready from the beginning
    /// of it on.
    pub(crate) fn admin(mut self, admin: Option<AdminServer>) -> Self {
        self.admin = admin;
        self
    }

    /// An extension with a REST port, unless that is off. The document of the port has the name and the version of the
    /// extension. When the port cannot be opened, the extension is stopped.
    ///
    /// # Errors
    ///
    /// [`RestError`](kaa_process::rest::RestError): what keeps the port from opening, and what to do.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time and I/O.
    #[cfg(feature = "rest")]
    pub async fn with_rest(
        server: Server,
        config: &kaa_process::rest::RestConfig,
        mut api: kaa_process::rest::Api,
    ) -> Result<Self, StartError> {
        // What nobody has set is that of the library.
        let info = &mut api.get_openapi_mut().info;
        info.title = server.description().instance.to_string();
        info.version.clone_from(&server.description().version);
        (info.description, info.contact, info.license) = (None, None, None);
        match kaa_process::rest::RestServer::bind(config, api).await {
            Ok(rest) => Ok(Self { rest, ..Self::new(server) }),
            Err(error) => {
                if let Err(error) = server.stop().await {
                    tracing::warn!("the extension did not end in order: {error}");
                }
                Err(error.into())
            }
        }
    }

    /// What is to be done when the extension has stopped: the last thing first. Each has the time that
    /// [`stop`](Self::stop) is given; what is not done by then is dropped where it waits, and that is logged.
    pub fn at_last<F: Future<Output = ()> + Send + 'static>(
        mut self,
        task: impl FnOnce() -> F + Send + 'static,
    ) -> Self {
        self.last.push(Box::new(|| Box::pin(task())));
        self
    }

    /// With a task beside the extension, such as one that reads a subscription. It ends when the extension has
    /// stopped, or when this is dropped: wherever it waits, it does not go on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn beside(self, task: impl Future<Output = ()> + Send + 'static) -> Self {
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(task);
        self.at_last(move || async move { tasks.shutdown().await })
    }

    /// The extension.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What became of the messages so far.
    pub fn counters(&self) -> Counters {
        self.server.counters()
    }

    /// Where the REST port listens; `None` when there is none.
    #[cfg(feature = "rest")]
    pub fn rest_addr(&self) -> Option<SocketAddr> {
        self.rest.as_ref().map(kaa_process::rest::RestServer::local_addr)
    }

    /// Waits for `stop` or for the extension to end by itself, and then ends everything.
    ///
    /// # Errors
    ///
    /// [`ServeError`]: how the extension ended, if it did not end in order.
    pub async fn stop_when(
        mut self,
        stop: impl Future<Output = ()>,
        grace: Duration,
    ) -> Result<Stopped, ServeError> {
        tokio::select! {
            () = stop => {}
            () = self.ended() => {}
        }
        self.stop(grace).await
    }

    /// Waits until the extension has ended by itself. Cancel safe.
    pub(crate) async fn ended(&mut self) {
        self.server.ended().await;
    }

    /// Ends everything: the REST port within `grace`, the extension within its own
    /// [`Limits::grace`](crate::Limits::grace), and each thing that is to be done at last within `grace` again.
    ///
    /// # Errors
    ///
    /// As [`stop_when`](Self::stop_when).
    pub async fn stop(self, grace: Duration) -> Result<Stopped, ServeError> {
        if let Some(admin) = &self.admin {
            admin.not_ready("stopping");
        }
        #[cfg(feature = "rest")]
        if let Some(rest) = self.rest {
            rest.stop(grace).await;
        }
        let stopped = self.server.stop().await;
        for task in self.last.into_iter().rev() {
            if timeout(grace, task()).await.is_err() {
                tracing::warn!(
                    "what the service was to do at last is not done after {grace:?}; it ends all the same"
                );
            }
        }
        if let Some(admin) = self.admin {
            admin.stop(LAST_LOOK).await;
        }
        stopped
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("server", &self.server).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::{Arc, Mutex};

    use kaa_bus::Bus;
    use tokio::sync::oneshot;

    use super::*;
    use crate::extension::Extension;

    async fn with_companion() -> (Running, oneshot::Receiver<()>) {
        let extension = Extension::new("ext").build().unwrap();
        let server = extension.serve(Bus::memory()).start().await.unwrap();
        let (alive, ended) = oneshot::channel::<()>();
        let companion = async move {
            let _alive = alive;
            std::future::pending().await
        };
        (Running::new(server).beside(companion), ended)
    }

    #[tokio::test(start_paused = true)]
    async fn what_runs_beside_the_extension_has_ended_when_it_is_stopped() {
        let (running, mut ended) = with_companion().await;
        tokio::task::yield_now().await;
        assert!(ended.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty));
        running.stop(GRACE).await.unwrap();
        assert!(ended.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
    }

    #[tokio::test(start_paused = true)]
    async fn what_runs_beside_the_extension_ends_when_nobody_holds_it() {
        let (running, ended) = with_companion().await;
        drop(running);
        assert!(tokio::time::timeout(Duration::from_secs(1), ended).await.unwrap().is_err());
    }

    #[cfg(feature = "rest")]
    #[tokio::test]
    async fn an_extension_whose_rest_port_is_taken_is_stopped() {
        use kaa_process::rest::{Api, RestConfig};

        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let config = RestConfig::on_port(taken.local_addr().unwrap().port());
        let alive = Arc::new(());
        let extension = Extension::new("ext").state(alive.clone()).build().unwrap();
        let server = extension.serve(Bus::memory()).start().await.unwrap();
        let error = Running::with_rest(server, &config, Api::new()).await.unwrap_err();
        assert!(error.to_string().contains("is taken"), "{error}");
        assert_eq!(Arc::strong_count(&alive), 1);
    }

    const GRACE: Duration = Duration::from_secs(1);

    /// What ended, in that order.
    type Ends = Arc<Mutex<Vec<&'static str>>>;

    async fn start(bus: &Bus, ends: &Ends) -> Running {
        let server = Extension::new("dcx").build().unwrap().serve(bus.clone()).start().await.unwrap();
        ["store", "cache"].into_iter().fold(Running::new(server), |running, name| {
            let ends = Arc::clone(ends);
            running.at_last(move || async move { ends.lock().unwrap().push(name) })
        })
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_beside_an_extension_ends_with_it_and_the_last_thing_first() {
        let (bus, ends) = (Bus::memory(), Ends::default());
        let running = start(&bus, &ends).await.stop_when(ready(()), GRACE).await;
        assert_eq!(running.unwrap().unfinished, 0);
        assert_eq!(*ends.lock().unwrap(), ["cache", "store"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_come_to_an_end_is_left_when_its_time_is_over() {
        let (bus, ends) = (Bus::memory(), Ends::default());
        let running = start(&bus, &ends).await.at_last(pending);
        let began = tokio::time::Instant::now();
        running.stop(GRACE).await.unwrap();
        assert_eq!(began.elapsed(), GRACE);
        assert_eq!(*ends.lock().unwrap(), ["cache", "store"], "the others have had their turns");
    }

    #[tokio::test(start_paused = true)]
    async fn an_extension_that_ends_by_itself_ends_everything_and_says_why() {
        let (bus, ends) = (Bus::memory(), Ends::default());
        let running = tokio::spawn(start(&bus, &ends).await.stop_when(pending(), GRACE));
        bus.close(GRACE).await.unwrap();
        let error = running.await.unwrap().unwrap_err();
        assert!(matches!(error, ServeError::BusClosed), "{error:?}");
        assert_eq!(*ends.lock().unwrap(), ["cache", "store"]);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_the_end_can_be_given_up_and_begun_again() {
        let (bus, ends) = (Bus::memory(), Ends::default());
        let mut running = start(&bus, &ends).await;
        assert!(tokio::time::timeout(GRACE, running.server.ended()).await.is_err());
        bus.close(GRACE).await.unwrap();
        running.server.ended().await;
        running.server.ended().await;
        assert!(matches!(running.stop(GRACE).await, Err(ServeError::BusClosed)));
    }
}
