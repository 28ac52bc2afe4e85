//! What most extensions use: `use kaa_ext::prelude::*;`.

pub use crate::extract::{DeviceJson, Event, FromRequest, Json, Payload, Targeted};
pub use crate::{
    Deadline, ErrorStatus, Extension, Failure, FromRef, IntoReply, Reply, ReplyError, Request, Session,
    Sessions, State, SuccessStatus, listeners, resources, services,
};
pub use kaa_bus::{Bus, Delivery, Messaging};
pub use kaa_ext_macros::{listener, resource, service};
pub use kaa_protocol::ism::{Outcome, Request as _};
pub use kaa_protocol::kp1::{RequestId, ResourcePath};
pub use kaa_protocol::name::{AppVersion, ConfigName, CorrelationId, EndpointId, ServiceInstance};
pub use kaa_protocol::subject::Target;
