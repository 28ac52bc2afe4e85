//! What most extensions use: `use kaa_ext::prelude::*;`.

pub use crate::extract::{FromRequest, Json, Payload};
pub use crate::{
    Deadline, ErrorStatus, Extension, Failure, FromRef, IntoReply, Reply, ReplyError, Request, Session,
    State, SuccessStatus, resources,
};
pub use kaa_bus::Bus;
pub use kaa_ext_macros::resource;
pub use kaa_protocol::kp1::{RequestId, ResourcePath};
pub use kaa_protocol::name::{AppVersion, ConfigName, CorrelationId, EndpointId};
