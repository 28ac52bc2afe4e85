//! A communication service, put together.

mod counters;
mod error;
mod exposure;
mod options;
mod permissions;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaa_bus::Bus;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};

pub use counters::KpcCounters;
pub use error::StartError;
pub use options::{KpcOptions, ListenerOptions, Transport};

use crate::applications::Applications;
use crate::front::Front;
use crate::http::{self, Offer};
use crate::identity::Revocation;
use crate::identity::clients::Authenticator;
use crate::identity::tokens::Tokens;
use crate::listen::{Admission, Connections, Listener, Speaks, Tls, TlsError};
use crate::relay::Relay;
use crate::session::{self, Sessions};

/// How many revocations wait to take effect.
const REVOCATIONS: usize = 64;

/// One replica of the communication service, in this process.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use kaa_bus::Bus;
/// use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};
///
/// let mqtt = ListenerOptions::new(Transport::Mqtt, "127.0.0.1:0".parse()?);
/// let kpc = Kpc::start(Bus::memory(), KpcOptions::trustful([mqtt])).await?;
/// println!("devices may connect to {}", kpc.listening()[0].address);
///
/// kpc.stop(Duration::from_secs(1)).await;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Kpc {
    front: Arc<Front>,
    admission: Admission,
    listening: Vec<Listening>,
    certificates: Vec<Tls>,
    accepting: watch::Sender<bool>,
    /// Empty once it was stopped.
    serving: Mutex<Vec<JoinHandle<Connections>>>,
    revoking: AbortHandle,
}

/// A listener at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listening {
    /// What is spoken there.
    pub transport: Transport,
    /// Whether over TLS.
    pub is_secure: bool,
    /// Where.
    pub address: SocketAddr,
}

impl Listening {
    /// What the configuration calls it: `mqtt`, `mqtts`, `ws`, `wss`, `http` or `https`.
    pub fn name(&self) -> &'static str {
        self.transport.name(self.is_secure)
    }
}

impl Kpc {
    /// Starts it: listens to extensions first, then to devices.
    ///
    /// # Errors
    ///
    /// [`StartError`], naming the entry of the configuration and what to do about it. Nothing is left behind.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, there is no service.
    pub async fn start(bus: Bus, options: KpcOptions) -> Result<Self, StartError> {
        exposure::check(&options)?;
        let KpcOptions { mut relay, limits, applications, tokens, clients, listeners, .. } = options;
        relay.dialects.extend(applications.dialects());
        let applications = Applications::new(applications)?;
        // First all that may fail without anybody noticing; then the bus; and devices at last.
        let admission = Admission::new(&limits);
        let mut certificates = Vec::new();
        let mut bound = Vec::new();
        for options in &listeners {
            bound.push((bind(options, &mut certificates)?, options));
        }
        let relay = Relay::start(bus, relay).await?;
        let (revoked, revocations) = mpsc::channel(REVOCATIONS);
        let front = Arc::new(Front {
            applications,
            authenticator: Authenticator::start(relay.messaging(), clients, revoked.clone()).await?,
            tokens: Tokens::start(relay.messaging(), tokens, revoked).await?,
            relay,
            sessions: Sessions::default(),
            limits,
            tally: Default::default(),
            http: Default::default(),
        });
        let revoking = tokio::spawn(revoke(Arc::clone(&front), revocations)).abort_handle();
        let accepting = watch::Sender::new(true);
        let mut listening = Vec::new();
        let mut serving = Vec::new();
        for (listener, options) in bound {
            let ListenerOptions { transport, is_secure, .. } = *options;
            listening.push(Listening { transport, is_secure, address: listener.local_addr() });
            serving.push(serve(listener, transport, &front, &admission, accepting.subscribe()));
        }
        Ok(Self {
            front,
            admission,
            listening,
            certificates,
            accepting,
            serving: Mutex::new(serving),
            revoking,
        })
    }

    /// Where it listens, in the order of the options. Port 0 has become the one that was free.
    pub fn listening(&self) -> &[Listening] {
        &self.listening
    }

    /// What happened so far.
    pub fn counters(&self) -> KpcCounters {
        KpcCounters::of(&self.front, self.admission.counters())
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.admission.open()
    }

    /// How many of them have a client that is not known yet.
    pub fn connections_before_login(&self) -> usize {
        self.admission.before_login()
    }

    /// How many MQTT sessions there are.
    pub fn sessions(&self) -> usize {
        self.front.sessions.open()
    }

    /// Reads the certificates of the listeners again, for connections that come from now on.
    ///
    /// # Errors
    ///
    /// [`TlsError`] of the first listener whose files cannot be used; it keeps those it had.
    pub fn reload_certificates(&self) -> Result<(), TlsError> {
        self.certificates.iter().try_for_each(Tls::reload)
    }

    /// Ends it in order: accepts no connections and no requests any more, waits at most `grace` for the
    /// answers to those it has, hands them over, says goodbye to devices and tells others that they are gone.
    /// How many connections had to be cut because they did not end in time.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, all connections end at once. Stopping again does nothing.
    pub async fn stop(&self, grace: Duration) -> usize {
        self.accepting.send_replace(false);
        self.front.sessions.drain();
        if let Err(error) = self.front.relay.stop(grace).await {
            tracing::warn!("it is not known whether the bus has taken the last messages: {error}");
        }
        let mut cut = 0;
        let serving = std::mem::take(&mut *self.serving.lock().unwrap_or_else(PoisonError::into_inner));
        // Who stops it a second time may be faster than the first, and sees it at work.
        let is_first = !serving.is_empty();
        for serving in serving {
            if let Ok(connections) = serving.await {
                cut += connections.end(LAST_WORDS).await;
            }
        }
        debug_assert!(!is_first || self.counters().is_balanced(), "{:#?}", self.counters());
        cut
    }
}

/// How long a connection may take for its last answers once there are no more to come.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Drop for Kpc {
    fn drop(&mut self) {
        self.revoking.abort();
        for serving in self.serving.get_mut().unwrap_or_else(PoisonError::into_inner) {
            serving.abort();
        }
    }
}

fn bind(options: &ListenerOptions, certificates: &mut Vec<Tls>) -> Result<Listener, StartError> {
    let ListenerOptions { transport, address, is_secure, ref tls } = *options;
    let listener = Listener::bind(format!("listen.{}", transport.name(is_secure)), address)?;
    if !is_secure {
        return Ok(listener);
    }
    let tls = tls.clone().ok_or(StartError::NoCertificate { name: transport.name(is_secure) })?;
    let speaks = if transport == Transport::Mqtt { Speaks::Mqtt } else { Speaks::Http };
    let tls = Tls::load("listen.tls", tls, speaks)?;
    certificates.push(tls.clone());
    Ok(listener.with_tls(tls))
}

fn serve(
    listener: Listener,
    transport: Transport,
    front: &Arc<Front>,
    admission: &Admission,
    mut accepting: watch::Receiver<bool>,
) -> JoinHandle<Connections> {
    let stop = async move {
        // The sender goes only when the service does.
        let _ = accepting.wait_for(|is_accepting| !is_accepting).await;
    };
    let (front, admission) = (Arc::clone(front), admission.clone());
    match transport {
        Transport::Mqtt => {
            let handler = move |stream, peer| session::serve(Arc::clone(&front), stream, peer);
            tokio::spawn(listener.serve(admission, handler, stop))
        }
        Transport::Http | Transport::WebSocket => {
            let offer = Offer { requests: transport == Transport::Http, websocket: true };
            let handler = move |stream, peer| http::serve(Arc::clone(&front), stream, peer, offer);
            tokio::spawn(listener.serve(admission, handler, stop))
        }
    }
}

async fn revoke(front: Arc<Front>, mut revocations: mpsc::Receiver<Revocation>) {
    while let Some(revocation) = revocations.recv().await {
        front.sessions.revoke(&revocation);
    }
}
