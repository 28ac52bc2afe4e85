//! What the tests need: a service that asks, and a provider played by hand.

use std::net::IpAddr;
use std::time::Duration;

use kaa_bus::{Bus, MemoryServer, Messaging, Subscription};
use kaa_kpc::identity::Revocation;
use kaa_kpc::identity::clients::{
    Authenticator, AuthenticatorOptions, Client, ClientCertificate, Login, ProviderOptions,
};
use kaa_protocol::ism::{Message, Request};
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{Subject, SubjectFilter, Target};
use tokio::sync::mpsc;

/// The name of the provider.
pub(crate) const PROVIDER: ServiceInstance = ServiceInstance::from_static("auth");

/// A bus, and what is on it.
pub(crate) struct World {
    pub(crate) server: MemoryServer,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { server: MemoryServer::new() }
    }

    pub(crate) fn messaging(&self, instance: &str) -> Messaging {
        let replica = format!("{instance}-0").parse().unwrap();
        Messaging::new(self.server.connect(), instance.parse().unwrap(), replica)
    }

    /// An authenticator, and what it says has been revoked.
    pub(crate) async fn start(
        &self,
        options: AuthenticatorOptions,
    ) -> (Authenticator, mpsc::Receiver<Revocation>) {
        let (revoked, revocations) = mpsc::channel(100);
        let authenticator = Authenticator::start(self.messaging("kpc"), options, revoked).await;
        (authenticator.unwrap(), revocations)
    }

    /// The one that asks the provider by 16/ECAP.
    pub(crate) async fn ecap(&self) -> Authenticator {
        self.start(AuthenticatorOptions::Ecap(ProviderOptions::new(PROVIDER))).await.0
    }

    /// The one that asks the provider by 22/CAP.
    pub(crate) async fn cap(&self) -> Authenticator {
        self.start(cap_options()).await.0
    }

    /// A provider that does what the test tells it, about requests of this type.
    pub(crate) async fn provider<R: Request>(&self) -> Provider<R> {
        let bus = self.server.connect();
        let subject = R::ADDRESS.subject(&Target::Service(PROVIDER)).unwrap();
        let requests = bus.subscribe(SubjectFilter::from(subject), Some(&PROVIDER)).await.unwrap();
        Provider { bus, requests, of: std::marker::PhantomData }
    }

    /// One that answers all by itself.
    pub(crate) async fn answering<R: Request>(&self, answer: impl Fn(&R) -> R::Response + Send + 'static) {
        let mut provider = self.provider::<R>().await;
        tokio::spawn(async move {
            loop {
                let asked = provider.next().await;
                provider.answer(&asked, answer(&asked.request)).await;
            }
        });
    }
}

pub(crate) fn cap_options() -> AuthenticatorOptions {
    AuthenticatorOptions::Cap { tenant_id: "tenant-1".into(), provider: ProviderOptions::new(PROVIDER) }
}

pub(crate) struct Provider<R> {
    bus: Bus,
    requests: Subscription,
    of: std::marker::PhantomData<fn() -> R>,
}

/// A request as the provider got it.
pub(crate) struct Asked<R> {
    pub(crate) request: R,
    reply_to: Subject,
}

impl<R: Request> Provider<R> {
    pub(crate) async fn next(&mut self) -> Asked<R> {
        let message = self.requests.next().await.expect("the bus lives");
        let reply_to = Subject::try_from(message.reply_to.expect("a request wants an answer")).unwrap();
        Asked { request: R::decode_strict(&message.payload).unwrap(), reply_to }
    }

    /// Whether nobody has asked meanwhile.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.requests.try_next().is_none()
    }

    pub(crate) async fn answer(&self, asked: &Asked<R>, mut response: R::Response) {
        response.set_correlation_id(asked.request.header().correlation_id.into());
        self.say(asked, response.to_bytes()).await;
    }

    pub(crate) async fn say(&self, asked: &Asked<R>, payload: bytes::Bytes) {
        self.bus.publish(asked.reply_to.clone(), None, payload).await.unwrap();
    }
}

pub(crate) fn password(user_name: &str, password: &str) -> Login {
    Login { user_name: Some(user_name.into()), password: Some(password.to_owned().into()), certificate: None }
}

pub(crate) fn certificate(issuer: &str, serial_number: &str) -> Login {
    let certificate = ClientCertificate { issuer: issuer.into(), serial_number: serial_number.into() };
    Login { certificate: Some(certificate), ..Login::default() }
}

pub(crate) fn address(number: u8) -> IpAddr {
    [192, 0, 2, number].into()
}

pub(crate) fn client(id: &str, credential: Option<&str>) -> Client {
    Client { id: Some(id.into()), credential: credential.map(Into::into) }
}

/// Everything that can happen without time passing has happened.
pub(crate) async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
