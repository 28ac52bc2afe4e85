//! From an extension to a client.

use std::time::SystemTime;

use super::revision::{AppVersionName, Revision};
use crate::avro::{Binary, NullOr, OrNull, Record, Text, record};
use crate::ism::{self, InvalidField};
use crate::kp1::RequestId;

record! {
    /// An extension's answer to a client, or a push that the client did not ask for.
    ///
    /// An answer repeats the correlation ID, the application version, the endpoint, the resource path
    /// and the request ID of its [`ClientData`](super::ClientData). A push has no request ID and
    /// status 200.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct ExtensionData<'a> in Revision {
        Seed: "org.kaaproject.ipc.ecs2ext.gen.v1" 0x9d2f_17fc_02e6_a615,
        Current: "org.kaaproject.ipc.esp.gen.v1" 0x324c_791b_fd4c_cfbb,
    }
    fields {
        /// The correlation ID of the request; of a push, one of its own.
        correlation_id: &'a str = "correlationId" as Text;

        /// When the message was made, in Unix milliseconds.
        timestamp: i64 = "timestamp" as i64;

        /// How long after its timestamp the message is worth delivering, in milliseconds; 0 is forever.
        timeout: i64 = "timeout" as i64, default 0;

        /// The application version of the request.
        ///
        /// Null is for pushes to an endpoint whose version the extension does not know; only
        /// [`Revision::Current`] can say so.
        app_version_name: Option<&'a str> = "appVersionName" as AppVersionName;

        /// The service instance that answers; with the resource path, the client's topic.
        extension_instance_name: Option<&'a str> = "extensionInstanceName" as OrNull<Text>;

        /// The endpoint that this is for; null when the extension knows no endpoints.
        endpoint_id: Option<&'a str> = "endpointId" as OrNull<Text>;

        /// The resource path of the request; of a push, the resource it belongs to.
        resource_path: &'a str = "resourcePath" as Text;

        /// The request ID of the request; null for a push.
        request_id: Option<i32> = "requestId" as OrNull<i32>;

        /// What the client receives, byte for byte.
        ///
        /// It is a slice of the datum: `Bytes::slice_ref` keeps it without a copy.
        payload: Option<&'a [u8]> = "payload" as OrNull<Binary>;

        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode" as i32;

        /// The same for a person to read.
        reason_phrase: Option<&'a str> = "reasonPhrase" as NullOr<Text>, default null;
    }
}

impl ExtensionData<'_> {
    /// When the message stops being worth delivering; `None` for never.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when `timestamp` or `timeout` is negative, or their sum is no time.
    pub fn expires_at(&self) -> Result<Option<SystemTime>, InvalidField> {
        ism::expires_at(Self::NAME, self.timestamp, self.timeout)
    }

    /// The request ID, checked.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when it is negative.
    pub fn checked_request_id(&self) -> Result<Option<RequestId>, InvalidField> {
        ism::request_id(Self::NAME, self.request_id)
    }
}
