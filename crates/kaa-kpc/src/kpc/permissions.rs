//! What a communication service says and hears on NATS: the least permissions of its user.

use kaa_bus::{Delivery, Permissions};
use kaa_protocol::cap::{
    ClientBasicAuthenticationRequest, ClientCertificateAuthenticationRequest, ClientCredentialsRevokedEvent,
};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ecap::{
    ClientCertificateValidationRequest, ClientCredentialRevokedEvent,
    ClientUsernamePasswordValidationRequest, EndpointTokenRevokedEvent, EndpointTokenValidationRequest,
};
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::SubjectFilter;

use super::KpcOptions;
use crate::identity::clients::AuthenticatorOptions;
use crate::identity::tokens::TokensOptions;

const REQUESTS: &str = "requests of devices";

impl KpcOptions {
    /// The least that the user of this communication service has to be permitted on NATS, as this replica of it or
    /// as any.
    pub fn permissions(&self, replica: Option<&ReplicaId>) -> Permissions {
        let mut permissions = Permissions::new(self.relay.instance.clone(), replica.cloned());
        self.extensions(&mut permissions);
        permissions.sends::<ConnectedEvent>();
        permissions.sends::<DisconnectedEvent>();
        permissions.hears::<ConnectedEvent>(Some(&self.relay.instance), Delivery::EveryReplica);
        if let TokensOptions::Provider(options) = &self.tokens {
            permissions.asks::<EndpointTokenValidationRequest>(options.provider.clone());
            permissions.hears::<EndpointTokenRevokedEvent>(Some(&options.provider), Delivery::EveryReplica);
        }
        match &self.clients {
            AuthenticatorOptions::None | AuthenticatorOptions::Static(_) => {}
            AuthenticatorOptions::Ecap(options) => {
                let provider = &options.provider;
                permissions.asks::<ClientUsernamePasswordValidationRequest>(provider.clone());
                if options.certificates {
                    permissions.asks::<ClientCertificateValidationRequest>(provider.clone());
                }
                permissions.hears::<ClientCredentialRevokedEvent>(Some(provider), Delivery::EveryReplica);
            }
            AuthenticatorOptions::Cap { provider: options, .. } => {
                let provider = &options.provider;
                permissions.asks::<ClientBasicAuthenticationRequest>(provider.clone());
                if options.certificates {
                    permissions.asks::<ClientCertificateAuthenticationRequest>(provider.clone());
                }
                permissions.hears::<ClientCredentialsRevokedEvent>(Some(provider), Delivery::EveryReplica);
            }
        }
        permissions
    }

    /// Requests to those that are configured, or to whatever there is; and what comes back.
    fn extensions(&self, permissions: &mut Permissions) {
        let configured = self.relay.dialects.clone().into_iter().chain(self.applications.dialects());
        let mut configured: Vec<_> = configured.collect();
        configured.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        let (own, replica) = (permissions.instance().clone(), permissions.replica().clone());
        let stranger = ReplicaId::random(&own);
        for dialect in [Dialect::Esp, Dialect::Ecs2Ext] {
            let mut spoken = configured.iter().filter(|(_, spoken)| *spoken == dialect).peekable();
            let is_open = dialect == Dialect::Esp && self.applications.extensions.is_empty();
            // Answers in 4/ESP are listened to in any case.
            if dialect == Dialect::Ecs2Ext && spoken.peek().is_none() {
                continue;
            }
            permissions.subscribe(dialect.answers(&own, Some(&replica)), None, "answers and pushes");
            permissions.subscribe(
                dialect.answers(&own, None),
                None,
                "answers and pushes for whoever has the device",
            );
            permissions
                .publish(dialect.answers(&own, None), "pushes that another replica has the device for");
            if is_open {
                let any = ServiceInstance::from_static("any");
                let subject = SubjectFilter::from(dialect.requests(&any, None)).any(any.as_str());
                permissions.publish(subject, REQUESTS);
            }
            for (extension, _) in spoken {
                permissions.publish(dialect.requests(extension, None), REQUESTS);
                if dialect == Dialect::Ecs2Ext {
                    let pinned = dialect.requests(extension, Some(&stranger));
                    permissions.publish_to_any(&stranger, pinned, "requests of pinned sessions");
                }
            }
            if dialect == Dialect::Esp {
                let pinned = dialect.requests(&own, Some(&stranger));
                permissions.publish_to_any(&stranger, pinned, "requests of pinned sessions");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applications::ExtensionOptions;
    use crate::identity::{clients, tokens};

    fn options(extensions: &[(&str, Dialect)]) -> KpcOptions {
        let mut options = KpcOptions::trustful([]);
        options.applications.extensions = extensions
            .iter()
            .map(|(name, dialect)| {
                ((*name).to_owned(), ExtensionOptions { dialect: *dialect, ..Default::default() })
            })
            .collect();
        options
    }

    #[test]
    fn one_that_serves_two_extensions_speaks_to_no_other() {
        let options = options(&[("dcx", Dialect::Esp), ("old", Dialect::Ecs2Ext)]);
        assert_eq!(
            options.permissions(Some(&ReplicaId::from_static("kpc-0"))).to_string(),
            r#"permissions {
  publish: { allow: [
    "_INBOX.kpc.>"  # round trips of its own
    "kaa.v1.service.kpc.esp.ExtensionData"  # pushes that another replica has the device for
    "kaa.v1.service.dcx.esp.ClientData"  # requests of devices
    "kaa.v1.replica.*.esp.ClientData"  # requests of pinned sessions
    "kaa.v1.service.kpc"  # pushes that another replica has the device for
    "kaa.v1.service.old"  # requests of devices
    "kaa.v1.service.old.*"  # requests of pinned sessions
    "kaa.v1.events.kpc.endpoint.connectivity.connected"  # ConnectedEvent
    "kaa.v1.events.kpc.endpoint.connectivity.disconnected"  # DisconnectedEvent
  ] }
  subscribe: { allow: [
    "_INBOX.kpc.>"  # round trips of its own
    "kaa.v1.replica.kpc-0.esp.ExtensionData"  # answers and pushes
    "kaa.v1.service.kpc.esp.ExtensionData"  # answers and pushes for whoever has the device
    "kaa.v1.service.kpc.kpc-0"  # answers and pushes
    "kaa.v1.service.kpc"  # answers and pushes for whoever has the device
    "kaa.v1.events.kpc.endpoint.connectivity.connected"  # ConnectedEvent
  ] }
}
"#
        );
    }

    #[test]
    fn one_without_a_list_speaks_to_every_service_but_does_nothing_else() {
        let permissions = options(&[]).permissions(None);
        assert!(permissions.allowed_to_publish().any(|line| line == "kaa.v1.service.*.esp.ClientData"));
        assert!(permissions.allowed_to_subscribe().any(|line| line == "kaa.v1.replica.*.esp.ExtensionData"));
        assert!(!permissions.to_string().contains("ecap"));
    }

    #[test]
    fn providers_are_asked_in_their_protocol_and_about_what_counts() {
        let provider = ServiceInstance::from_static("ccm");
        let mut options = options(&[]);
        options.tokens = TokensOptions::Provider(tokens::ProviderOptions::new(provider.clone()));
        let without =
            clients::ProviderOptions { certificates: false, ..clients::ProviderOptions::new(provider) };
        options.clients = AuthenticatorOptions::Ecap(without.clone());
        let ecap = options.permissions(None).to_string();
        for line in ["service.ccm.ecap.ep-token-request", "replica.*.ecap.ep-token-response"] {
            assert!(ecap.contains(line), "{line} in {ecap}");
        }
        assert!(!ecap.contains("Certificate") && !ecap.contains(".cap."), "{ecap}");
        options.clients = AuthenticatorOptions::Cap { tenant_id: "t".into(), provider: without };
        let cap = options.permissions(None).to_string();
        assert!(cap.contains("service.ccm.cap.basic-request") && !cap.contains("UsernamePassword"), "{cap}");
    }
}
