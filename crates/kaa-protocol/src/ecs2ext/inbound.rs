//! From a client to an extension.

use std::time::SystemTime;

use super::{Revision, status};
use crate::avro::{Binary, OrNull, Record, Text, record};
use crate::ism::{self, InvalidField};

record! {
    /// What a client sent, or its confirmation of what it got.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct EcsToExtensionInboundMessage<'a> in Revision {
        Seed: "org.kaaproject.ipc.ecskp2ext.gen.v1" 0x892c_cbff_4df0_f3b5,
    }
    fields {
        /// The thread through one exchange: every message that follows from this one repeats it.
        correlation_id: &'a str = "correlationId" as Text;

        /// When the message was made, in Unix milliseconds.
        timestamp: i64 = "timestamp" as i64;

        /// How long after its timestamp the message is worth handling, in milliseconds; 0 is forever.
        timeout: i64 = "timeout" as i64;

        /// The application version that the endpoint belongs to.
        app_version_token: &'a str = "appVersionToken" as Text;

        /// The endpoint that the client speaks for.
        endpoint_id: Option<&'a str> = "endpointId" as OrNull<Text>;

        /// The format of the payload, such as json.
        content_type: Option<&'a str> = "contentType" as OrNull<Text>;

        /// What the client sent, byte for byte.
        payload: Option<&'a [u8]> = "payload" as OrNull<Binary>;

        /// How the client received what the extension sent.
        status: Option<&'a str> = "status" as OrNull<Text>;

        /// Which function of the extension is meant, with a leading slash.
        path: &'a str = "path" as Text;
    }
}

impl EcsToExtensionInboundMessage<'_> {
    /// Whether this only confirms what the extension sent.
    pub fn is_status(&self) -> bool {
        status::is_status(self.status, self.payload)
    }

    /// When the message stops being worth handling; `None` for never.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when `timestamp` or `timeout` is negative, or their sum is no time.
    pub fn expires_at(&self) -> Result<Option<SystemTime>, InvalidField> {
        ism::expires_at(Self::NAME, self.timestamp, self.timeout)
    }
}
