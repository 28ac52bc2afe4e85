//! Every record this crate knows, as data: for tools that meet a record by its name or its
//! fingerprint and not by its Rust type.
//!
//! ```
//! use kaa_protocol::catalog::RECORDS;
//! use kaa_protocol::ism::Message;
//! use kaa_protocol::elce::ConnectedEvent;
//!
//! let info = RECORDS.iter().find(|info| info.name == "ConnectedEvent").unwrap();
//! assert_eq!(info.protocol, "9/ELCE");
//! assert!(info.schema().contains("originatorReplicaId"));
//! assert_eq!((info.check)(&ConnectedEvent::default().to_bytes()), Ok(0));
//! ```

use bytes::Bytes;

use crate::avro::{DecodeError, Record};
use crate::{cap, cdtp, cip, cmx2cdp, dstp, ecap, ecs2ext, elce, eme, esp, tstp};

/// One revision of one record.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RecordInfo {
    /// The protocol it belongs to, such as `6/CDTP`.
    pub protocol: &'static str,
    /// The record's name in its schema, without the namespace.
    pub name: &'static str,
    /// The revision of the schema; `None` for a record that has one only.
    pub revision: Option<&'static str>,
    /// The CRC-64-AVRO fingerprint of the schema.
    pub fingerprint: u64,
    /// Decodes a datum and returns how many bytes follow the record.
    pub check: fn(&Bytes) -> Result<usize, DecodeError>,
    /// Decodes a datum and encodes it again, in this revision; `None` when one of the two fails.
    pub recode: fn(&Bytes) -> Option<Bytes>,
    schema: fn() -> String,
}

impl RecordInfo {
    /// The Avro schema as JSON text.
    pub fn schema(&self) -> String {
        (self.schema)()
    }

    /// Where that text lies below the directory `schemas` of this crate, such as
    /// `6-cdtp/ConfigRequest.avsc` or `4-esp/ClientData.seed.avsc`.
    pub fn schema_file(&self) -> String {
        let protocol = self.protocol.to_ascii_lowercase().replace('/', "-");
        let revision = self.revision.map(|revision| format!(".{revision}")).unwrap_or_default();
        format!("{protocol}/{}{revision}.avsc", self.name)
    }
}

macro_rules! info {
    ($protocol:literal, $record:ty) => {
        info!(@ $protocol, $record, (), None, 0)
    };
    ($protocol:literal, $record:ty, $revision:expr, $label:literal, $index:literal) => {
        info!(@ $protocol, $record, $revision, Some($label), $index)
    };
    (@ $protocol:literal, $record:ty, $revision:expr, $label:expr, $index:literal) => {
        RecordInfo {
            protocol: $protocol,
            name: <$record as Record<'_>>::NAME,
            revision: $label,
            fingerprint: <$record as Record<'_>>::FINGERPRINTS[$index],
            check: |datum| <$record>::decode(datum).map(|decoded| decoded.trailing),
            recode: |datum| <$record>::decode(datum).ok()?.record.encode($revision).ok(),
            schema: || <$record as Record<'_>>::schema($revision),
        }
    };
}

/// All records, by protocol.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
pub const RECORDS: &[RecordInfo] = &[
    info!("4/ECS2EXT", ecs2ext::EcsToExtensionInboundMessage<'_>, ecs2ext::Revision::Seed, "seed", 0),
    info!("4/ECS2EXT", ecs2ext::EcsToExtensionOutboundMessage<'_>, ecs2ext::Revision::Seed, "seed", 0),
    info!("4/ESP", esp::ClientData<'_>, esp::Revision::Seed, "seed", 0),
    info!("4/ESP", esp::ClientData<'_>, esp::Revision::Current, "current", 1),
    info!("4/ESP", esp::ExtensionData<'_>, esp::Revision::Seed, "seed", 0),
    info!("4/ESP", esp::ExtensionData<'_>, esp::Revision::Current, "current", 1),
    info!("5/CMX2CDP", cmx2cdp::ConfigRequest),
    info!("5/CMX2CDP", cmx2cdp::ConfigResponse),
    info!("5/CMX2CDP", cmx2cdp::Updated),
    info!("5/CMX2CDP", cmx2cdp::NewAvailable),
    info!("6/CDTP", cdtp::ConfigRequest),
    info!("6/CDTP", cdtp::ConfigResponse),
    info!("6/CDTP", cdtp::ConfigUpdated),
    info!("6/CDTP", cdtp::ConfigApplied),
    info!("9/ELCE", elce::ConnectedEvent),
    info!("9/ELCE", elce::DisconnectedEvent),
    info!("9/ELCE", elce::RegisteredEvent),
    info!("9/ELCE", elce::UnregisteredEvent),
    info!("9/ELCE", elce::AppVersionUpdatedEvent),
    info!("12/CIP", cip::CommandInvocationRequest),
    info!("12/CIP", cip::CommandInvocationResult),
    info!("13/DSTP", dstp::DataSamplesEvent),
    info!("13/DSTP", dstp::DataSamplesProcessed),
    info!("14/TSTP", tstp::TimeSeriesEvent),
    info!("14/TSTP", tstp::TimeSeriesProcessed),
    info!("15/EME", eme::MetadataUpdatedEvent),
    info!("16/ECAP", ecap::EndpointTokenValidationRequest),
    info!("16/ECAP", ecap::EndpointTokenValidationResponse),
    info!("16/ECAP", ecap::EndpointTokenStatusTransitionRequest),
    info!("16/ECAP", ecap::EndpointTokenStatusTransitionResponse),
    info!("16/ECAP", ecap::EndpointTokenRevokedEvent),
    info!("16/ECAP", ecap::ClientUsernamePasswordValidationRequest),
    info!("16/ECAP", ecap::ClientUsernamePasswordValidationResponse),
    info!("16/ECAP", ecap::ClientCertificateValidationRequest),
    info!("16/ECAP", ecap::ClientCertificateValidationResponse),
    info!("16/ECAP", ecap::ClientCredentialRevokedEvent),
    info!("22/CAP", cap::ClientBasicAuthenticationRequest),
    info!("22/CAP", cap::ClientBasicAuthenticationResponse),
    info!("22/CAP", cap::ClientCertificateAuthenticationRequest),
    info!("22/CAP", cap::ClientCertificateAuthenticationResponse),
    info!("22/CAP", cap::ClientCredentialsRevokedEvent),
];
