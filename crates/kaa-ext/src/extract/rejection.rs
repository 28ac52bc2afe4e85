//! Why a request was refused before its handler ran.

use kaa_protocol::name::NameError;

use crate::failure::ReplyError;
use crate::status::ErrorStatus;

/// A request that lacks what the handler asks for, or has it in the wrong form. All are 400.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The envelope has no endpoint ID.
    #[error("this resource needs an endpoint: the request has no endpointId")]
    NoEndpoint,
    /// The envelope has no request ID.
    #[error("this resource needs a request ID: the request has no requestId")]
    NoRequestId,
    /// A field of the envelope is not the name it should be.
    #[error("{field}: {problem}")]
    Name {
        /// The field of the envelope.
        field: &'static str,
        /// What is wrong with it.
        problem: NameError,
    },
    /// A field of the envelope holds text that cannot be used.
    #[error("{field}: {problem}")]
    Field {
        /// The field of the envelope.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The payload is not JSON of the expected shape. The text names line and column, or the byte that is not UTF-8.
    #[error("the payload is not the JSON expected here: {0}")]
    Json(String),
    /// A path parameter is not of its type.
    #[error("path parameter {{{name}}} cannot be {text:?}: {problem}")]
    Parameter {
        /// The name of the parameter.
        name: &'static str,
        /// What stands in the path, at most 64 bytes of it.
        text: String,
        /// Why it is not valid.
        problem: String,
    },
    /// The path has no part for a parameter that is required.
    #[error("path parameter {{{name}}} is missing")]
    NoParameter {
        /// The name of the parameter.
        name: &'static str,
    },
    /// The configuration is named twice, differently (7/CMP over 4/ESP).
    #[error("the path names configuration {path:?}, but the field configName names {field:?}")]
    ConfigNames {
        /// The name in the resource path.
        path: String,
        /// The name in the envelope.
        field: String,
    },
}

impl ReplyError for Rejection {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::BAD_REQUEST
    }
}
