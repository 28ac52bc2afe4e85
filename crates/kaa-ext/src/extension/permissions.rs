//! What an extension says and hears on NATS: the least permissions of its user.
//!
//! What it hears is known from what it is made of. What its functions say is not, so it is declared.

use kaa_bus::Permissions;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ism::{Awaited, Event, Request};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::Target;

use super::builder::{BuildError, Builder, checked};
use crate::console;
use crate::discovery;
use crate::listener::ListenerDef;

/// What the functions of an extension say beside their answers.
pub(super) type Said = Box<dyn Fn(&mut Permissions) + Send>;

impl<S: Send + Sync + 'static> Builder<S> {
    /// Says that its functions publish events of this type. It changes nothing but the
    /// [`permissions`](Self::permissions).
    ///
    /// ```
    /// use kaa_ext::prelude::*;
    /// use kaa_ext::protocol::cdtp::{ConfigApplied, ConfigRequest};
    ///
    /// let provider = ServiceInstance::from_static("cdp");
    /// let cmx = Extension::new("cmx").sends::<ConfigApplied>().asks::<ConfigRequest>(provider);
    /// assert!(cmx.permissions()?.to_string().contains(r#""kaa.v1.service.cdp.cdtp.request""#));
    /// # Ok::<(), kaa_ext::BuildError>(())
    /// ```
    pub fn sends<E: Event>(self) -> Self {
        self.says(Permissions::sends::<E>)
    }

    /// Says that its functions publish events of this type and wait for those who confirm them.
    pub fn awaits<E: Awaited>(self) -> Self {
        self.says(Permissions::awaits::<E>)
    }

    /// Says that its functions ask this service, or this replica of one.
    pub fn asks<R: Request>(self, target: impl Into<Target>) -> Self {
        let target = target.into();
        self.says(move |permissions| permissions.asks::<R>(&target))
    }

    fn says(mut self, said: impl Fn(&mut Permissions) + Send + 'static) -> Self {
        self.said.push(Box::new(said));
        self
    }

    /// The least that the user of this extension has to be permitted on NATS: for its resources, listeners and
    /// services, for answers and pushes to devices, and for what it is said to [send](Self::sends) and to
    /// [ask](Self::asks). Needs no state.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when a name is none.
    pub fn permissions(&self) -> Result<Permissions, BuildError> {
        let mut problems = Vec::new();
        let instance = checked::<ServiceInstance>(&self.instance, &mut problems);
        let replica = self.replica.as_ref().map(|replica| checked::<ReplicaId>(replica, &mut problems));
        let communication = checked::<ServiceInstance>(&self.communication_service, &mut problems);
        let originators = self.listeners.iter().map(|(originator, _)| {
            let originator = originator.as_ref()?;
            checked::<ServiceInstance>(originator, &mut problems)
        });
        let originators: Vec<_> = originators.collect();
        let (Some(instance), Some(communication), true) = (instance, communication, problems.is_empty())
        else {
            return Err(BuildError::new(self.instance.clone(), problems));
        };
        // Each shard has an identity of its own, so with several none is fixed.
        let mut permissions = Permissions::new(instance, replica.flatten().filter(|_| self.shards == 1));
        for dialect in &self.dialects {
            devices(&mut permissions, *dialect, &communication);
        }
        for ((_, listener), originator) in self.listeners.iter().zip(&originators) {
            let ListenerDef { event, delivery, .. } = listener;
            permissions.hears_events(event.kind.filter(originator.as_ref()), *delivery, event.name);
            if let Some(receipts) = listener.receipts() {
                permissions.answers(receipts);
            }
        }
        for service in &self.services {
            permissions.serves(&service.request.address, service.request.name);
        }
        if self.discovery {
            let replica = permissions.is_fixed().then(|| permissions.replica().clone());
            for filter in discovery::filters(permissions.instance(), replica.as_ref()) {
                permissions.subscribe(filter, None, "who looks for services");
            }
            permissions.answers_inboxes();
        }
        if self.console {
            console::permit(&mut permissions);
        }
        self.said.iter().for_each(|say| say(&mut permissions));
        Ok(permissions)
    }
}

/// Requests of devices, and the ways back to them.
fn devices(permissions: &mut Permissions, dialect: Dialect, communication: &ServiceInstance) {
    let (instance, replica) = (permissions.instance().clone(), permissions.replica().clone());
    let (own, shared) = (dialect.requests(&instance, Some(&replica)), dialect.requests(&instance, None));
    permissions.subscribe(&own, None, "requests of pinned sessions");
    permissions.subscribe(shared, Some(&instance), "requests of devices");
    // Whoever asks is a replica that this one has never heard of.
    let stranger = ReplicaId::random(communication);
    let answers = dialect.answers(communication, Some(&stranger));
    permissions.publish_to_any(&stranger, answers, "answers and pushes to devices");
    permissions
        .publish(dialect.answers(communication, None), "those that are for whichever replica has the device");
    permissions.publish(own, "a note to itself when a replica of the communication service is gone");
}

#[cfg(all(test, feature = "console"))]
mod tests {
    use crate::{Config, Extension};

    #[test]
    fn the_console_may_hear_everything_when_it_is_switched_on_and_not_before() {
        let permissions = |console| {
            let mut config = Config::<()>::default();
            config.admin.console = console;
            Extension::new("dcx").configure(&config).permissions().unwrap()
        };
        let (off, on) = (permissions(false), permissions(true));
        let heard = |permissions: &kaa_bus::Permissions| {
            ["kaa.v1.>", "_INBOX.>"]
                .map(|all| permissions.allowed_to_subscribe().any(|allowed| allowed == all))
        };
        let said = |permissions: &kaa_bus::Permissions| {
            let all = ["$SRV.>", "kaa.v1.service.*.esp.ClientData"];
            all.map(|all| permissions.allowed_to_publish().any(|allowed| allowed == all))
        };
        assert_eq!((heard(&off), said(&off)), ([false; 2], [false; 2]));
        assert_eq!((heard(&on), said(&on)), ([true; 2], [true; 2]));
    }
}
