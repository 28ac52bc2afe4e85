//! 9/ELCE: endpoints come and go.
//!
//! | event | subject |
//! |---|---|
//! | [`ConnectedEvent`] | `kaa.v1.events.<originator>.endpoint.connectivity.connected` |
//! | [`DisconnectedEvent`] | `….endpoint.connectivity.disconnected` |
//! | [`RegisteredEvent`] | `….endpoint.lifecycle.registered` |
//! | [`UnregisteredEvent`] | `….endpoint.lifecycle.unregistered` |
//! | [`AppVersionUpdatedEvent`] | `….endpoint.lifecycle.appversion-updated` |
//!
//! ```
//! use kaa_protocol::elce::DisconnectedEvent;
//!
//! // One connection may have spoken for many endpoints: they leave in one event.
//! let event = DisconnectedEvent {
//!     endpoints: [("ep-1", "sensor-v1"), ("ep-2", "sensor-v3")].into_iter().collect(),
//!     ..DisconnectedEvent::default()
//! };
//! assert_eq!(event.endpoints.get("ep-2"), Some("sensor-v3"));
//! ```

use bytestring::ByteString;

use crate::avro::{Map, Text};
use crate::ism::{event, message};

message! {
    /// A client connected and speaks for these endpoints.
    pub struct ConnectedEvent in "org.kaaproject.ipc.event.gen.v1.endpoint.connectivity" 0x6ede_1128_1c87_26cb;
    about {}
    fields {
        /// The endpoints, each with the name of its application version.
        endpoints: Map<Text> = "endpoints";

        /// The replica that holds the connection.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(ConnectedEvent: "endpoint", "connectivity", "connected", from originator_replica_id);

message! {
    /// A client that spoke for these endpoints is gone.
    pub struct DisconnectedEvent in "org.kaaproject.ipc.event.gen.v1.endpoint.connectivity" 0x4105_5c83_a887_1d20;
    about {}
    fields {
        /// The endpoints, each with the name of its application version.
        endpoints: Map<Text> = "endpoints";

        /// The replica that held the connection.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(DisconnectedEvent: "endpoint", "connectivity", "disconnected", from originator_replica_id);

message! {
    /// A new endpoint exists.
    pub struct RegisteredEvent in "org.kaaproject.ipc.event.gen.v1.endpoint.lifecycle" 0xf8e0_90f5_1fa5_e0a0;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The new endpoint.
        endpoint_id: ByteString = "endpointId";

        /// The replica that sends the event.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(RegisteredEvent: "endpoint", "lifecycle", "registered", from originator_replica_id);

message! {
    /// An endpoint does not exist any more.
    pub struct UnregisteredEvent in "org.kaaproject.ipc.event.gen.v1.endpoint.lifecycle" 0xffef_43a8_ca03_e3ce;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The former endpoint.
        endpoint_id: ByteString = "endpointId";

        /// The replica that sends the event.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(UnregisteredEvent: "endpoint", "lifecycle", "unregistered", from originator_replica_id);

message! {
    /// An endpoint belongs to another application version now.
    pub struct AppVersionUpdatedEvent in "org.kaaproject.ipc.event.gen.v1.endpoint.lifecycle" 0x5398_11d8_93d7_050a;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version the endpoint belongs to.
        app_version_name: ByteString = "appVersionName";

        /// The one it belonged to before.
        previous_app_version_name: ByteString = "previousAppVersionName";

        /// The endpoint.
        endpoint_id: ByteString = "endpointId";

        /// The replica that sends the event.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(AppVersionUpdatedEvent: "endpoint", "lifecycle", "appversion-updated", from originator_replica_id);
