//! 12/CIP: how a service invokes a command on an endpoint.
//!
//! ```text
//! caller ── CommandInvocationRequest ──► kaa.v1.service.<agent>.cip.command-request
//!        ◄─ CommandInvocationResult ──── kaa.v1.replica.<caller>.cip.command-result
//! ```

use bytes::Bytes;
use bytestring::ByteString;

use crate::ism::{message, request};

message! {
    /// Asks an agent to have a command executed by an endpoint.
    pub struct CommandInvocationRequest in "org.kaaproject.ipc.cip.gen.v1" 0x70c9_a103_6a78_2b20;
    about { endpoint_id }
    fields {
        /// The endpoint that is to execute the command.
        endpoint_id: ByteString = "endpointId";

        /// What the endpoint is to do.
        command_type: ByteString = "commandType";

        /// The number of the command, unique for the endpoint and the type.
        command_id: i32 = "commandId";

        /// What the endpoint needs to know for it; the endpoint interprets it.
        payload: Option<Bytes> = "payload", default null;
    }
}

message! {
    /// What became of a command.
    pub struct CommandInvocationResult in "org.kaaproject.ipc.cip.gen.v1" 0x31d0_38a3_2f70_ad18;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The endpoint that executed the command.
        endpoint_id: ByteString = "endpointId";

        /// What the endpoint was to do.
        command_type: ByteString = "commandType";

        /// The number of the command.
        command_id: i32 = "commandId";

        /// How it went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;

        /// What came out of it; the caller interprets it.
        payload: Option<Bytes> = "payload", default null;
    }
}

request!(
    CommandInvocationRequest -> CommandInvocationResult,
    "cip": "command-request" -> "command-result",
    repeats endpoint_id, command_type, command_id
);
