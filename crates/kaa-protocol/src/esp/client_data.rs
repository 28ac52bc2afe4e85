//! From a client to an extension.

use std::time::SystemTime;

use super::revision::{Appended, Revision};
use crate::avro::{Binary, NullOr, OrNull, Record, Text, record};
use crate::ism::{self, InvalidField};
use crate::kp1::RequestId;

record! {
    /// What a client sent, on its way from the communication service to an extension.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct ClientData<'a> in Revision {
        Seed: "org.kaaproject.ipc.esp.gen.v1" 0x032e_afa6_81c8_b492,
        Current: "org.kaaproject.ipc.esp.gen.v1" 0x904d_d461_62fa_1cd8,
    }
    fields {
        /// The thread through one exchange: every message that follows from this one repeats it.
        correlation_id: &'a str = "correlationId" as Text;

        /// When the message was made, in Unix milliseconds.
        timestamp: i64 = "timestamp" as i64;

        /// How long after its timestamp the message is worth handling, in milliseconds; 0 is forever.
        timeout: i64 = "timeout" as i64, default 0;

        /// The application version that the endpoint, or the client itself, belongs to.
        app_version_name: &'a str = "appVersionName" as Text;

        /// The endpoint that the client speaks for; null when the extension knows no endpoints.
        endpoint_id: Option<&'a str> = "endpointId" as OrNull<Text>;

        /// Which function of the extension is meant, and in which format: the client's path without
        /// the request ID. Empty, or it starts with a slash.
        resource_path: &'a str = "resourcePath" as Text;

        /// The number by which the client matches the answer; null when it wants to hear of errors only.
        request_id: Option<i32> = "requestId" as OrNull<i32>;

        /// What the client sent, byte for byte.
        ///
        /// It is a slice of the datum: `Bytes::slice_ref` keeps it without a copy.
        payload: &'a [u8] = "payload" as Binary;

        /// Which of several named configurations is meant; null for the default one.
        ///
        /// Since [`Revision::Current`]. A datum that ends exactly before this field is of the seed.
        config_name: Option<&'a str> = "configName" as Appended<NullOr<Text>>, default null;
    }
}

impl ClientData<'_> {
    /// When the message stops being worth handling; `None` for never.
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
