//! Every record of the protocols: where it goes and what it is in a conversation.

use std::sync::LazyLock;

use kaa_protocol::avro::Record;
use kaa_protocol::catalog::{RECORDS, RecordInfo};
use kaa_protocol::ism::{Address, Awaited, Event, Request};
use kaa_protocol::name::Token;
use kaa_protocol::subject::EventKind;
use kaa_protocol::{cap, cdtp, cip, cmx2cdp, dstp, ecap, ecs2ext, elce, eme, esp, tstp};

/// One record, in all its revisions.
#[derive(Debug)]
pub struct Spec {
    /// The revisions, the oldest first.
    pub revisions: Vec<&'static RecordInfo>,
    /// Where it goes.
    pub place: Where,
    /// What it is in a conversation.
    pub role: Role,
    /// The name of what asks, the same for all records of one exchange.
    pub exchange: &'static str,
}

/// Where it goes.
#[derive(Debug)]
pub enum Where {
    /// To a service or a replica, by protocol and message type.
    Targeted {
        /// The token of the protocol.
        protocol: Token,
        /// The message type.
        message: Token,
    },
    /// To a service, in a protocol before 3/ISM.
    Bare,
    /// To everybody.
    Event(EventKind),
    /// The protocol leaves it open.
    Anywhere,
}

/// What it is in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Asks.
    Request,
    /// Answers a request.
    Response,
    /// Announces.
    Event,
    /// Confirms an event.
    Receipt,
}

impl Role {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Event => "event",
            Self::Receipt => "receipt",
        }
    }
}

impl Spec {
    /// The protocol, such as `6/CDTP`.
    pub fn protocol(&self) -> &'static str {
        self.revisions.first().map_or("", |info| info.protocol)
    }

    /// The name of the record, such as `ConfigRequest`.
    pub fn name(&self) -> &'static str {
        self.revisions.first().map_or("", |info| info.name)
    }
}

/// All of them.
pub static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let mut specs = Vec::new();
    dialects(&mut specs);
    request::<cmx2cdp::ConfigRequest>(&mut specs);
    request::<cdtp::ConfigRequest>(&mut specs);
    request::<cip::CommandInvocationRequest>(&mut specs);
    request::<ecap::EndpointTokenValidationRequest>(&mut specs);
    request::<ecap::EndpointTokenStatusTransitionRequest>(&mut specs);
    request::<ecap::ClientUsernamePasswordValidationRequest>(&mut specs);
    request::<ecap::ClientCertificateValidationRequest>(&mut specs);
    request::<cap::ClientBasicAuthenticationRequest>(&mut specs);
    request::<cap::ClientCertificateAuthenticationRequest>(&mut specs);
    // Two protocols share a subject; the one of today comes first.
    event::<cdtp::ConfigUpdated>(&mut specs);
    event::<cdtp::ConfigApplied>(&mut specs);
    event::<cmx2cdp::Updated>(&mut specs);
    event::<cmx2cdp::NewAvailable>(&mut specs);
    event::<elce::ConnectedEvent>(&mut specs);
    event::<elce::DisconnectedEvent>(&mut specs);
    event::<elce::RegisteredEvent>(&mut specs);
    event::<elce::UnregisteredEvent>(&mut specs);
    event::<elce::AppVersionUpdatedEvent>(&mut specs);
    event::<dstp::DataSamplesEvent>(&mut specs);
    receipt::<dstp::DataSamplesEvent>(&mut specs);
    event::<tstp::TimeSeriesEvent>(&mut specs);
    specs.push(Spec {
        revisions: infos::<tstp::TimeSeriesProcessed>(),
        place: Where::Anywhere,
        role: Role::Receipt,
        exchange: <tstp::TimeSeriesEvent as Record<'_>>::NAME,
    });
    event::<eme::MetadataUpdatedEvent>(&mut specs);
    event::<ecap::EndpointTokenRevokedEvent>(&mut specs);
    event::<ecap::ClientCredentialRevokedEvent>(&mut specs);
    event::<cap::ClientCredentialsRevokedEvent>(&mut specs);
    specs
});

fn infos<'a, R: Record<'a>>() -> Vec<&'static RecordInfo> {
    RECORDS.iter().filter(|info| R::FINGERPRINTS.contains(&info.fingerprint)).collect()
}

fn dialects(specs: &mut Vec<Spec>) {
    let mut esp = |revisions, message, role| {
        let place = Where::Targeted { protocol: esp::PROTOCOL, message };
        specs.push(Spec { revisions, place, role, exchange: "4/ESP" });
    };
    esp(infos::<esp::ClientData<'_>>(), esp::CLIENT_DATA, Role::Request);
    esp(infos::<esp::ExtensionData<'_>>(), esp::EXTENSION_DATA, Role::Response);
    let mut bare = |revisions, role| {
        specs.push(Spec { revisions, place: Where::Bare, role, exchange: "4/ECS2EXT" });
    };
    bare(infos::<ecs2ext::EcsToExtensionInboundMessage<'_>>(), Role::Request);
    bare(infos::<ecs2ext::EcsToExtensionOutboundMessage<'_>>(), Role::Response);
}

fn request<R: Request>(specs: &mut Vec<Spec>) {
    let exchange = <R as Record<'_>>::NAME;
    let (asks, answers) = places(&R::ADDRESS);
    specs.push(Spec { revisions: infos::<R>(), place: asks, role: Role::Request, exchange });
    specs.push(Spec { revisions: infos::<R::Response>(), place: answers, role: Role::Response, exchange });
}

fn event<E: Event>(specs: &mut Vec<Spec>) {
    let (place, exchange) = (Where::Event(E::KIND), <E as Record<'_>>::NAME);
    specs.push(Spec { revisions: infos::<E>(), place, role: Role::Event, exchange });
}

fn receipt<E: Awaited>(specs: &mut Vec<Spec>) {
    let (_, place) = places(&E::ADDRESS);
    let exchange = <E as Record<'_>>::NAME;
    specs.push(Spec { revisions: infos::<E::Receipt>(), place, role: Role::Receipt, exchange });
}

fn places(address: &Address) -> (Where, Where) {
    match address {
        Address::Typed { protocol, request, response } => (
            Where::Targeted { protocol: protocol.clone(), message: request.clone() },
            Where::Targeted { protocol: protocol.clone(), message: response.clone() },
        ),
        Address::Bare => (Where::Bare, Where::Bare),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_of_the_catalog_has_its_place() {
        let known: Vec<_> = SPECS.iter().flat_map(|spec| &spec.revisions).map(|i| i.fingerprint).collect();
        let missing: Vec<_> = RECORDS.iter().filter(|info| !known.contains(&info.fingerprint)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(known.len(), RECORDS.len());
    }
}
