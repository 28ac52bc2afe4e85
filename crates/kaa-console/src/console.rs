//! What an admin port serves below `/console`.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use kaa_bus::{Bus, Permissions, SubjectFilter};
use kaa_process::admin::Admin;
use kaa_process::admin::annex::{Annex, Body, Bound};

use crate::reply::{Reply, refusal};
use crate::room::Room;
use crate::source::Source;
use crate::{access, assets, description, events, send};

/// Where it is on the port.
const PATH: &str = "/console";

/// The development console: a page that shows what is on the bus, live, and sends requests.
///
/// It needs nothing but a bus, and works the same for services in the process, on the machine and on a cluster. Clones
/// are the same console. Nothing is subscribed to while nobody watches.
///
/// Whoever can open the page sees all messages and can send some. So it answers by the name of this machine only (or
/// by the address that the port is bound to), and no page of another host.
///
/// ```
/// use kaa_bus::Bus;
/// use kaa_console::Console;
/// use kaa_process::admin::Admin;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kaa_process::admin::AdminError> {
/// let console = Console::new(Bus::memory());
/// let server = console.mount(Admin::new()).bind("127.0.0.1:0".parse().unwrap()).await?;
/// println!("http://{}/console", server.local_addr());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Console(Arc<Room>);

impl Console {
    /// A console for everything on this bus, on this very connection: best one of its own, since all messages come in
    /// by it while somebody watches, and what is too much is counted as lost there.
    pub fn new(bus: Bus) -> Self {
        Self(Room::new(Source::Shared(bus)))
    }

    /// The same on connections that are made when they are needed, and closed when nobody watches any more.
    pub fn connecting<F>(connect: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Bus, Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self(Room::new(Source::Made(Box::new(move || connect().boxed()))))
    }

    /// Serves it on an admin port, at `/console`.
    pub fn mount(self, admin: Admin) -> Admin {
        admin.annex(PATH, "what is on the bus, live: a page for developers", self)
    }

    /// Adds what it says and hears on NATS to the permissions of the service that shows it.
    pub fn permit(permissions: &mut Permissions) {
        let filter = |text: &str| text.parse::<SubjectFilter>().ok();
        for heard in ["kaa.v1.>", "_INBOX.>"].into_iter().filter_map(filter) {
            permissions.subscribe(heard, None, "the console shows all messages");
        }
        for said in ["$SRV.>", "kaa.v1.service.*.esp.ClientData"].into_iter().filter_map(filter) {
            permissions.publish(said, "the console asks services what they are, and sends requests");
        }
    }

    async fn answer_to(self, request: Request<Body>) -> Reply {
        let bound = request.extensions().get::<Bound>();
        let bound = bound.map_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), |bound| bound.0);
        let (head, body) = request.into_parts();
        if let Some(refused) = access::refused(&head, bound) {
            return refused;
        }
        let name = head.uri.path().strip_prefix(PATH).unwrap_or_default();
        let name = name.strip_prefix('/').unwrap_or(name);
        match (&head.method, name) {
            (&Method::POST, "send") => send::send(self.0, head, body).await,
            (_, "send") => not_allowed("POST"),
            (&Method::GET, "events") => events::stream(&self.0),
            (&Method::GET, "description") => description::describe(self.0).await,
            (&Method::GET | &Method::HEAD, name) => assets::find(name).unwrap_or_else(|| {
                let sentence = format!("there is no /console/{name}; the page is /console");
                refusal(StatusCode::NOT_FOUND, &sentence)
            }),
            _ => not_allowed("GET"),
        }
    }
}

impl Annex for Console {
    fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        self.clone().answer_to(request).boxed()
    }
}

fn not_allowed(allowed: &'static str) -> Reply {
    let mut reply = refusal(StatusCode::METHOD_NOT_ALLOWED, &format!("this path has only {allowed}"));
    reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    reply
}
