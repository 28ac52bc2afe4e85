//! 4/ESP: what a communication service and an extension say to each other.
//!
//! ```text
//! communication service ── ClientData ─────► kaa.v1.service.<extension>.esp.ClientData
//!                       ◄─ ExtensionData ─── the ClientData's replyTo,
//!                                            else kaa.v1.service.<communication>.esp.ExtensionData
//! ```
//!
//! A [`ClientData`] carries what a device sent; an [`ExtensionData`] carries the answer, or a push
//! that nobody asked for. Both records changed once since they were published; [`Revision`] says
//! how, which one is written, and how a reader tells them apart.
//!
//! ```
//! use kaa_protocol::avro::Record;
//! use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
//!
//! let request = ClientData {
//!     correlation_id: "07d78e95",
//!     timestamp: 1_490_262_793_349,
//!     app_version_name: "humidity-sensor-v3",
//!     endpoint_id: Some("7ad263ec"),
//!     resource_path: "/json",
//!     request_id: Some(42),
//!     payload: br#"[{"humidity":88}]"#,
//!     ..ClientData::default()
//! };
//! let datum = request.encode(Revision::Seed)?;
//! let request = ClientData::decode(&datum)?.record;
//!
//! let answer = ExtensionData {
//!     correlation_id: request.correlation_id,
//!     timestamp: request.timestamp + 3,
//!     app_version_name: Some(request.app_version_name),
//!     endpoint_id: request.endpoint_id,
//!     resource_path: request.resource_path,
//!     request_id: request.request_id,
//!     status_code: 200,
//!     ..ExtensionData::default()
//! };
//! assert_eq!(ExtensionData::decode_strict(&answer.encode(Revision::Seed)?)?, answer);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client_data;
mod extension_data;
mod revision;

pub use client_data::ClientData;
pub use extension_data::ExtensionData;
pub use revision::Revision;

use crate::name::Token;
use crate::subject::{Target, TargetedSubject};

/// The protocol's token in a subject.
pub const PROTOCOL: Token = Token::from_static("esp");

/// The message type of [`ClientData`] in a subject.
pub const CLIENT_DATA: Token = Token::from_static("ClientData");

/// The message type of [`ExtensionData`] in a subject.
pub const EXTENSION_DATA: Token = Token::from_static("ExtensionData");

/// Where [`ClientData`] goes: to an extension, or inside a session to one replica of it.
///
/// ```
/// use kaa_protocol::{esp, name::ReplicaId, subject::Target};
///
/// let subject = esp::client_data_subject(Target::Replica(ReplicaId::from_static("dcx-0")));
/// assert_eq!(subject.to_string(), "kaa.v1.replica.dcx-0.esp.ClientData");
/// ```
pub fn client_data_subject(extension: Target) -> TargetedSubject {
    TargetedSubject { target: extension, protocol: PROTOCOL, message: CLIENT_DATA }
}

/// Where [`ExtensionData`] goes: to a communication service, or to the replica that holds the
/// client's connection.
///
/// ```
/// use kaa_protocol::{esp, name::ServiceInstance, subject::Target};
///
/// let subject = esp::extension_data_subject(Target::Service(ServiceInstance::from_static("kpc")));
/// assert_eq!(subject.to_string(), "kaa.v1.service.kpc.esp.ExtensionData");
/// ```
pub fn extension_data_subject(communication: Target) -> TargetedSubject {
    TargetedSubject { target: communication, protocol: PROTOCOL, message: EXTENSION_DATA }
}
