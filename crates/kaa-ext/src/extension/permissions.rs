//! What an extension says and hears on NATS: the least permissions of its user.
//!
//! What it hears is known from what it is made of. What its functions say is not, so it is declared.

use kaa_bus::Permissions;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ism::{Awaited, Event, Request};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{SubjectFilter, Target};

use super::builder::{BuildError, Builder, checked};
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
        let mut permissions = Permissions::new(instance, replica.flatten());
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
    let answers = SubjectFilter::from(dialect.answers(communication, Some(&stranger))).any(stranger.as_str());
    permissions.publish(answers, "answers and pushes to devices");
    permissions
        .publish(dialect.answers(communication, None), "those that are for whichever replica has the device");
    permissions.publish(own, "a note to itself when a replica of the communication service is gone");
}

#[cfg(test)]
mod tests {
    use kaa_protocol::cdtp::{ConfigApplied, ConfigRequest};

    use super::*;
    use crate::extension::Extension;
    use crate::prelude::*;

    /// Hears.
    #[listener(delivery = every_replica)]
    async fn applied(Event(_): Event<ConfigApplied>) {}

    fn cmx() -> Builder<()> {
        Extension::new("cmx")
            .listeners_to("other", listeners![applied])
            .asks::<ConfigRequest>(ServiceInstance::from_static("cdp"))
    }

    #[test]
    fn the_block_has_what_an_extension_hears_and_says() {
        assert_eq!(
            cmx().permissions().unwrap().to_string(),
            r#"permissions {
  publish: { allow: [
    "_INBOX.cmx.>"  # round trips of its own
    "kaa.v1.replica.*.esp.ExtensionData"  # answers and pushes to devices
    "kaa.v1.service.kpc.esp.ExtensionData"  # those that are for whichever replica has the device
    "kaa.v1.replica.*.esp.ClientData"  # a note to itself when a replica of the communication service is gone
    "kaa.v1.service.cdp.cdtp.request"  # ConfigRequest
  ] }
  subscribe: { allow: [
    "_INBOX.cmx.>"  # round trips of its own
    "kaa.v1.replica.*.esp.ClientData"  # requests of pinned sessions
    "kaa.v1.service.cmx.esp.ClientData cmx"  # requests of devices
    "kaa.v1.events.other.endpoint.config.applied"  # ConfigApplied
    "kaa.v1.replica.*.cdtp.response"  # ConfigResponse
  ] }
}
"#
        );
    }

    #[test]
    fn a_fixed_replica_has_subjects_of_its_own_and_both_dialects_theirs() {
        let builder = cmx().replica("cmx-0").dialects([Dialect::Esp, Dialect::Ecs2Ext]);
        let permissions = builder.permissions().unwrap();
        let publish: Vec<_> = permissions.allowed_to_publish().collect();
        for line in ["kaa.v1.replica.cmx-0.esp.ClientData", "kaa.v1.service.kpc.*", "kaa.v1.service.kpc"] {
            assert!(publish.contains(&line), "{line} in {publish:?}");
        }
        let subscribe: Vec<_> = permissions.allowed_to_subscribe().collect();
        for line in
            ["kaa.v1.service.cmx cmx", "kaa.v1.service.cmx.cmx-0", "kaa.v1.replica.cmx-0.cdtp.response"]
        {
            assert!(subscribe.contains(&line), "{line} in {subscribe:?}");
        }
        assert!(!publish.iter().chain(&subscribe).any(|line| line.contains("replica.*.esp.ClientData")));
    }

    #[test]
    fn every_name_that_is_none_is_a_problem() {
        let builder = Extension::new("a.b").communication_service("*").listeners_to(">", listeners![applied]);
        assert_eq!(builder.permissions().unwrap_err().problems().len(), 3);
    }

    #[test]
    fn no_state_is_needed_to_know_them_but_to_build() {
        /// Tells.
        #[resource("/count")]
        async fn count(State(number): State<usize>) -> String {
            number.to_string()
        }
        let builder = || Extension::of::<usize>("counter").resources(resources![count]);
        assert!(builder().permissions().is_ok());
        assert!(builder().with_state(7).build().is_ok());
        let error = builder().build().unwrap_err();
        assert!(error.to_string().contains("with_state"), "{error}");
    }
}
