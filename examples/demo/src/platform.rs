//! The platform: everything that runs, started from the inside to the outside and stopped the other way round.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use kaa_console::Console;
use kaa_ext::bus::{Bus, ConnectError, MemoryServer, NatsOptions};
use kaa_ext::protocol::name::ServiceInstance;
use kaa_ext::rest::RestConfig;
use kaa_ext::{Config, NatsConfig, Running, StartError};
use kaa_kpc::applications::ExtensionOptions;
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};
use kaa_process::admin::{Admin, AdminServer};

use crate::error::DemoError;
use crate::options::Options;

/// How long what has begun may take when everything stops.
const GRACE: Duration = Duration::from_secs(3);
/// How long the bus may take to say its last words.
const CLOSE: Duration = Duration::from_secs(1);

/// What devices may ask, and whether they do so for an endpoint: a clock tells everybody the same.
const EXTENSIONS: [(&str, bool); 6] =
    [("dcx", true), ("cmx", true), ("cex", true), ("epmx", true), ("rsx", true), ("tsx", false)];

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Platform {
    kpc: Kpc,
    services: Services,
    addresses: Addresses,
    console: Option<AdminServer>,
}

/// Where it can be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) mqtt: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) cdp: SocketAddr,
    pub(crate) epts: SocketAddr,
    pub(crate) cex: SocketAddr,
    pub(crate) ccm: SocketAddr,
    pub(crate) console: Option<SocketAddr>,
}

/// The services behind the communication service.
#[derive(Debug)]
struct Services {
    bus: Bus,
    running: Vec<(&'static str, Running)>,
}

impl Platform {
    /// Starts everything.
    ///
    /// # Errors
    ///
    /// [`DemoError`], naming what does not start. Nothing is left behind.
    pub(crate) async fn start(options: &Options, data: &Path) -> Result<Self, DemoError> {
        let place = Place::new(options)?;
        let console = console(options, &place).await?;
        let mut services = Services { bus: place.connect().await?, running: Vec::new() };
        match services.start(options, data).await {
            Ok((kpc, addresses)) => {
                let addresses =
                    Addresses { console: console.as_ref().map(AdminServer::local_addr), ..addresses };
                Ok(Self { kpc, services, addresses, console })
            }
            Err(error) => {
                services.stop().await;
                Err(error)
            }
        }
    }

    pub(crate) fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// How many requests the communication service took.
    pub(crate) fn requests(&self) -> u64 {
        self.kpc.counters().relay.requests
    }

    /// Ends everything: devices first, so that what they have sent is still handled.
    pub(crate) async fn stop(self) {
        if let Some(console) = self.console {
            console.stop(CLOSE).await;
        }
        let cut = self.kpc.stop(GRACE).await;
        if cut > 0 {
            tracing::warn!("{cut} connections of devices were cut because they did not end in time");
        }
        self.services.stop().await;
    }
}

impl Services {
    async fn start(&mut self, options: &Options, data: &Path) -> Result<(Kpc, Addresses), DemoError> {
        let bus = self.bus.clone();
        let database = |name: &str| data.join(name).with_extension("sqlite");

        let settings = config(|cdp: &mut cdp::Settings| {
            cdp.path = database("cdp");
            cdp.rest = rest(options.cdp);
        });
        let cdp = self.add("cdp", options.cdp, cdp::start(bus.clone(), settings).await)?;
        let settings = config(|epts: &mut epts::Settings| {
            epts.database = epts::Place::File(database("epts"));
            epts.rest = rest(options.epts);
        });
        let epts = self.add("epts", options.epts, epts::start(bus.clone(), settings).await)?;
        let settings = config(|ccm: &mut ccm::Settings| {
            ccm.database = database("ccm");
            ccm.rest = rest(options.ccm);
        });
        let ccm = self.add("ccm", options.ccm, ccm::start(bus.clone(), settings).await)?;
        let settings = config(|epmx: &mut epmx::Settings| {
            epmx.database = database("epmx");
            epmx.sources = [ServiceInstance::from_static("epl")].into();
        });
        self.add("epmx", NOWHERE, epmx::start(bus.clone(), settings).await)?;
        let settings = config(|cex: &mut cex::Settings| cex.rest = rest(options.cex));
        let cex = self.add("cex", options.cex, cex::start(bus.clone(), settings).await)?;
        let settings = config(|dcx: &mut dcx::Settings| {
            dcx.receivers = vec![ServiceInstance::from_static("epts")];
        });
        self.add("dcx", NOWHERE, dcx::start(bus.clone(), settings).await)?;
        self.add("cmx", NOWHERE, cmx::start(bus.clone(), Config::default()).await)?;
        self.add("epl", NOWHERE, epl::start(bus.clone(), Config::default()).await)?;
        self.add("rsx", NOWHERE, rsx::start(bus.clone(), Config::default()).await)?;
        self.add("tsx", NOWHERE, tsx::start(bus.clone(), Config::default()).await)?;

        let kpc = Kpc::start(bus, communication(options)).await?;
        let mut listening = kpc.listening().iter().map(|listening| listening.address);
        let mqtt = listening.next().unwrap_or(options.mqtt);
        let http = listening.next().unwrap_or(options.http);
        Ok((kpc, Addresses { mqtt, http, cdp, epts, cex, ccm, console: None }))
    }

    /// Keeps a service that has started. Where its REST port is, which is `wanted` unless that was any.
    fn add(
        &mut self,
        service: &'static str,
        wanted: SocketAddr,
        started: Result<Running, StartError>,
    ) -> Result<SocketAddr, DemoError> {
        let running = started.map_err(|source| DemoError::Service { service, source })?;
        let address = running.rest_addr().unwrap_or(wanted);
        self.running.push((service, running));
        Ok(address)
    }

    async fn stop(self) {
        for (service, running) in self.running.into_iter().rev() {
            if let Err(error) = running.stop(GRACE).await {
                tracing::warn!("{service} did not end in order: {error}");
            }
        }
        if let Err(error) = self.bus.close(CLOSE).await {
            tracing::warn!("the bus was not closed in order: {error}");
        }
    }
}

/// Of a service without a REST port.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

/// Where the bus is.
#[derive(Clone)]
enum Place {
    Process(MemoryServer),
    Nats(Box<NatsOptions>),
}

impl Place {
    fn new(options: &Options) -> Result<Self, DemoError> {
        let Some(url) = &options.nats else { return Ok(Self::Process(MemoryServer::new())) };
        let mut nats = NatsConfig::default();
        nats.urls = vec![url.clone()];
        Ok(Self::Nats(Box::new(nats.options()?.name("demo"))))
    }

    /// A connection.
    async fn connect(&self) -> Result<Bus, ConnectError> {
        match self {
            Self::Process(server) => Ok(server.connect()),
            Self::Nats(options) => Bus::nats((**options).clone()).await,
        }
    }
}

/// The page that shows what is on the bus, by connections of its own.
async fn console(options: &Options, place: &Place) -> Result<Option<AdminServer>, DemoError> {
    let Some(address) = options.console else { return Ok(None) };
    let place = place.clone();
    let console = Console::connecting(move || {
        let place = place.clone();
        async move { Ok(place.connect().await?) }
    });
    Ok(Some(console.mount(Admin::new()).bind(address).await?))
}

fn config<S: Default>(set: impl FnOnce(&mut S)) -> Config<S> {
    let mut config = Config::default();
    set(&mut config.extension);
    config
}

fn rest(address: SocketAddr) -> RestConfig {
    let mut rest = RestConfig::on_port(address.port());
    rest.listen = Some(address);
    rest
}

fn communication(options: &Options) -> KpcOptions {
    let mut kpc = KpcOptions::trustful([
        ListenerOptions::new(Transport::Mqtt, options.mqtt),
        ListenerOptions::new(Transport::Http, options.http),
    ]);
    let extensions = EXTENSIONS.map(|(name, endpoint_aware)| {
        (name.to_owned(), ExtensionOptions { endpoint_aware, ..ExtensionOptions::default() })
    });
    kpc.applications.extensions = extensions.into();
    kpc
}
