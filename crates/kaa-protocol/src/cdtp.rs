//! 6/CDTP: how a service gets the configuration of an endpoint from its provider.
//!
//! ```text
//! consumer ── ConfigRequest ───► kaa.v1.service.<provider>.cdtp.request
//!          ◄─ ConfigResponse ─── kaa.v1.replica.<consumer>.cdtp.response
//! provider ── ConfigUpdated ───► kaa.v1.events.<provider>.endpoint.config.updated
//! consumer ── ConfigApplied ───► kaa.v1.events.<consumer>.endpoint.config.applied
//! ```
//!
//! Its predecessor is [`cmx2cdp`](crate::cmx2cdp). The two share the subject `…config.updated` with
//! different meanings: there it says that an endpoint has a configuration, here that there is one to
//! get. Which of them a service speaks is configuration, never guessed from the bytes.

use bytes::Bytes;
use bytestring::ByteString;

use crate::ism::{event, message, request};

message! {
    /// Asks for the configuration of an endpoint.
    pub struct ConfigRequest in "org.kaaproject.ipc.cdtp.gen.v1" 0x4edc_adb2_d47c_affb;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The endpoint to be configured.
        endpoint_id: ByteString = "endpointId";

        /// The configuration the endpoint has; null for none. When it is the latest, the response brings no content.
        config_id: Option<ByteString> = "configId", default null;

        /// Which of several named configurations is meant; null for the default one.
        config_name: Option<ByteString> = "configName", default null;
    }
}

message! {
    /// The configuration of an endpoint, or why there is none.
    ///
    /// One without `config_id` and `content` says that the endpoint has the latest already.
    pub struct ConfigResponse in "org.kaaproject.ipc.cdtp.gen.v1" 0x7d4f_7e90_78f1_6eb8;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The endpoint to be configured.
        endpoint_id: ByteString = "endpointId";

        /// Which configuration this is; null when there is nothing new.
        config_id: Option<ByteString> = "configId", default null;

        /// The media type of the content.
        content_type: ByteString = "contentType", default "application/json";

        /// The configuration itself.
        content: Option<Bytes> = "content", default null;

        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

request!(ConfigRequest -> ConfigResponse, "cdtp": "request" -> "response", repeats app_version_name, endpoint_id);

message! {
    /// An endpoint has a new configuration to get.
    pub struct ConfigUpdated in "org.kaaproject.ipc.event.gen.v1.endpoint.config" 0xa69b_8950_edfe_49c3;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The endpoint to be configured.
        endpoint_id: ByteString = "endpointId";

        /// Which configuration this is.
        config_id: ByteString = "configId";

        /// The media type of the content.
        content_type: ByteString = "contentType", default "application/json";

        /// The configuration itself.
        content: Bytes = "content";

        /// The replica that sends the event.
        originator_replica_id: Option<ByteString> = "originatorReplicaId", default null;
    }
}

event!(ConfigUpdated: "endpoint", "config", "updated", from originator_replica_id);

message! {
    /// An endpoint reported that it runs a configuration, or that it cannot.
    pub struct ConfigApplied in "org.kaaproject.ipc.event.gen.v1.endpoint.config" 0xa1f8_c68f_69e9_a81c;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The configured endpoint.
        endpoint_id: ByteString = "endpointId";

        /// Which configuration this is about.
        config_id: ByteString = "configId";

        /// The replica that sends the event.
        originator_replica_id: Option<ByteString> = "originatorReplicaId", default null;

        /// What the endpoint said of it, as an HTTP status code.
        status_code: i32 = "statusCode", default 200;

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

event!(ConfigApplied: "endpoint", "config", "applied", from originator_replica_id);
