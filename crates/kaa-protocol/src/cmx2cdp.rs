//! 5/CMX2CDP: the predecessor of [`cdtp`](crate::cdtp), as the first platform spoke it.
//!
//! ```text
//! CMX ── ConfigRequest ───► kaa.v1.service.<cdp>
//!     ◄─ ConfigResponse ─── kaa.v1.service.<cmx>.<replica>
//! CDP ── NewAvailable ────► kaa.v1.events.<cdp>.endpoint.config.new-available
//! CMX ── Updated ─────────► kaa.v1.events.<cmx>.endpoint.config.updated
//! ```
//!
//! The protocol was published without schemas; these are ours, from its prose and examples. Where the
//! two contradict each other (`configVersion` is text in the prose of the events and a number in every
//! example), the examples hold. Configurations have versions instead of IDs, and a response a status
//! of its own, [`Status`].

use bytes::Bytes;
use bytestring::ByteString;

use crate::avro::OrNull;
use crate::ism::{Address, Header, Message, OptionalText, Outcome, Request, event, message};

/// `ConfigResponse.statusCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// The content is the configuration.
    Ok = 0,
    /// The provider could not answer.
    Fail = 1,
    /// There is no configuration.
    NoContent = 2,
}

impl Status {
    /// The status of a code on the wire.
    pub fn from_code(code: i32) -> Option<Self> {
        [Self::Ok, Self::Fail, Self::NoContent].into_iter().find(|status| status.code() == code)
    }

    /// The code on the wire.
    pub const fn code(self) -> i32 {
        self as i32
    }
}

message! {
    /// Asks for the configuration of an endpoint.
    pub struct ConfigRequest in "org.kaaproject.ipc.cmx2cdp.gen.v1" 0xc37f_1226_dd90_bf60;
    about { endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_token: ByteString = "appVersionToken";

        /// The endpoint to be configured.
        endpoint_id: ByteString = "endpointId";

        /// The version wanted; null for the latest.
        config_version: Option<i32> = "configVersion" as OrNull<i32>;
    }
}

message! {
    /// The configuration of an endpoint, or why there is none.
    pub struct ConfigResponse in "org.kaaproject.ipc.cmx2cdp.gen.v1" 0x836a_4931_3ec3_4ecc;
    about { endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_token: ByteString = "appVersionToken";

        /// The endpoint to be configured.
        endpoint_id: ByteString = "endpointId";

        /// The format of the content, such as json.
        content_type: ByteString = "contentType";

        /// The version of the configuration.
        config_version: i32 = "configVersion";

        /// 0 for success, 1 for failure, 2 for no configuration.
        status_code: i32 = "statusCode";

        /// The configuration itself.
        content: Option<Bytes> = "content" as OrNull<Bytes>;
    }
}

impl Request for ConfigRequest {
    type Response = ConfigResponse;

    const ADDRESS: Address = Address::Bare;

    fn response(&self, outcome: Outcome<'_>) -> ConfigResponse {
        let status = match outcome.status {
            200 => Status::Ok,
            204 | 404 => Status::NoContent,
            _ => Status::Fail,
        };
        ConfigResponse {
            correlation_id: self.correlation_id.clone(),
            app_version_token: self.app_version_token.clone(),
            endpoint_id: self.endpoint_id.clone(),
            config_version: self.config_version.unwrap_or_default(),
            status_code: status.code(),
            ..ConfigResponse::default()
        }
    }
}

/// The events of this protocol have a header of their own: no timeout, and the originator in it.
macro_rules! config_event {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident $fingerprint:literal is $event:literal;
        $(
            $(#[doc = $field_doc:literal])+
            $field:ident: $value:ty = $wire:literal;
        )*
    ) => {
        crate::avro::record! {
            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq)]
            pub struct $name in "org.kaaproject.ipc.cmx2cdp.gen.v1" $fingerprint;
            fields {
                /// The thread through one exchange: every message that follows from this one repeats it.
                correlation_id: ByteString = "correlationId";

                /// When it happened, in Unix milliseconds.
                event_timestamp: i64 = "eventTimestamp";

                /// The replica that sends the event.
                originator_replica_id: ByteString = "originatorReplicaId";

                /// The application version of the endpoint.
                app_version_token: ByteString = "appVersionToken";

                /// The configured endpoint.
                endpoint_id: ByteString = "endpointId";

                /// The version of the configuration.
                config_version: i32 = "configVersion";

                $(
                    $(#[doc = $field_doc])+
                    $field: $value = $wire;
                )*
            }
        }

        impl Message for $name {
            // The successor of this protocol uses the same subject, and its records must not be taken for
            // these with something behind.
            const IS_CLOSED: bool = true;

            fn header(&self) -> Header<'_> {
                Header { correlation_id: &self.correlation_id, timestamp: self.event_timestamp, timeout: 0 }
            }

            fn stamp(&mut self, correlation_id: &ByteString, timestamp: i64, _timeout: i64) {
                self.correlation_id.fill(correlation_id);
                if self.event_timestamp == 0 {
                    self.event_timestamp = timestamp;
                }
            }

            fn set_correlation_id(&mut self, correlation_id: ByteString) {
                self.correlation_id = correlation_id;
            }

            fn endpoint_id(&self) -> Option<&str> {
                Some(&self.endpoint_id)
            }

            fn app_version_name(&self) -> Option<&str> {
                Some(&self.app_version_token)
            }
        }

        event!($name: "endpoint", "config", $event, from originator_replica_id);
    };
}

config_event! {
    /// An endpoint runs a configuration now: what 6/CDTP calls applied.
    pub struct Updated 0x3d31_1eba_8ce9_4b3c is "updated";
}

config_event! {
    /// There is a new configuration for an endpoint: what 6/CDTP calls updated.
    pub struct NewAvailable 0x31d2_b8e6_f19e_57ec is "new-available";

    /// The format of the content, such as json.
    content_type: ByteString = "contentType";

    /// The configuration itself.
    content: Bytes = "content";
}
