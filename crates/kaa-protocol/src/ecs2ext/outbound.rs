//! From an extension to a client.

use super::{Revision, status};
use crate::avro::{Binary, OrNull, Text, record};

record! {
    /// An extension's answer to a client, or a push that the client did not ask for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct EcsToExtensionOutboundMessage<'a> in Revision {
        Seed: "org.kaaproject.ipc.ecskp2ext.gen.v1" 0x6f65_e510_c361_53f3,
    }
    fields {
        /// The correlation ID of the request; of a push, one of its own.
        correlation_id: &'a str = "correlationId" as Text;

        /// When the message was made, in Unix milliseconds.
        timestamp: i64 = "timestamp" as i64;

        /// How long after its timestamp the message is worth delivering, in milliseconds; 0 is forever.
        timeout: i64 = "timeout" as i64;

        /// The application version that the endpoint belongs to.
        app_version_token: &'a str = "appVersionToken" as Text;

        /// The service instance that answers.
        extension_instance_id: &'a str = "extensionInstanceId" as Text;

        /// The endpoint that this is for.
        endpoint_id: Option<&'a str> = "endpointId" as OrNull<Text>;

        /// The format of the payload, such as json.
        content_type: Option<&'a str> = "contentType" as OrNull<Text>;

        /// What the client receives, byte for byte.
        payload: Option<&'a [u8]> = "payload" as OrNull<Binary>;

        /// How the request went.
        status: Option<&'a str> = "status" as OrNull<Text>;

        /// The path of the request; of a push, the function it belongs to.
        path: &'a str = "path" as Text;
    }
}

impl EcsToExtensionOutboundMessage<'_> {
    /// Whether this only confirms what the client sent.
    pub fn is_status(&self) -> bool {
        status::is_status(self.status, self.payload)
    }
}
