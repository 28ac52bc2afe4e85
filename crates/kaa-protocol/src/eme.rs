//! 15/EME: the metadata of an endpoint changed.
//!
//! [`MetadataUpdatedEvent`] goes to `kaa.v1.events.<originator>.endpoint.metadata.updated`. Values are
//! JSON as text, null for a value that is not told.

use bytestring::ByteString;

use crate::avro::{Map, Text, record};
use crate::ism::{event, message};

record! {
    /// What a metadata key was, and what it is.
    #[derive(Debug, Clone, PartialEq)]
    pub struct MetadataKeyUpdatedDto in "org.kaaproject.ipc.event.gen.v1.endpoint.metadata" 0x8959_6750_420f_d4b5;
    fields {
        /// What it is now.
        new_value: Option<ByteString> = "newValue";

        /// What it was before.
        old_value: Option<ByteString> = "oldValue";
    }
}

message! {
    /// Keys of an endpoint's metadata were removed, added or changed.
    pub struct MetadataUpdatedEvent in "org.kaaproject.ipc.event.gen.v1.endpoint.metadata" 0xdbf2_f761_8f56_4ee2;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The endpoint.
        endpoint_id: ByteString = "endpointId";

        /// The keys that are gone, with their last values.
        removed: Map<Option<Text>> = "removed";

        /// The keys that are new, with their values.
        added: Map<Option<Text>> = "added";

        /// The keys with another value.
        updated: Map<MetadataKeyUpdatedDto> = "updated";

        /// The replica that sends the event.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(MetadataUpdatedEvent: "endpoint", "metadata", "updated", from originator_replica_id);
