//! What an extension is, as data: everything that is generated from it begins here.
//!
//! | module | what lives there |
//! |---|---|
//! | `content` | [`Carries`]: what an argument or an answer says about the payload |
//! | `schemas` | the JSON Schemas of payloads, when there are any |
//! | `function` | [`Function`], and the [`Channel`]s it hears |
//! | `asyncapi` | [`Description::asyncapi`]: the same as an AsyncAPI document |
//! | `page` | [`Description::html`]: the same for people |
//! | `writing` | what all of these need |

mod asyncapi;
mod content;
mod function;
mod page;
mod schemas;
mod writing;

use kaa_bus::Permissions;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use serde::Serialize;
use serde_json::{Map, Value};

pub use content::{Carries, Content, Untyped};
#[doc(hidden)]
pub use content::{Known, Named, Probe, Shape, Shapes, Unknown};
pub(crate) use function::Names;
pub use function::{Answer, Channel, Envelope, Function, Kind, Status};
pub use schemas::Schemas;
use writing::key;
pub(crate) use writing::{Taken, object, summary};

/// What an extension is: its functions, and where each of them is reached.
///
/// It is known before there is a state, so a program can print it without starting anything. Serialised, it is the
/// page `/routes` of the admin port.
///
/// ```
/// use kaa_ext::prelude::*;
///
/// /// Greets whoever the path names.
/// #[resource("/greet/{name}")]
/// async fn greet(name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// let description = Extension::new("greeter").resources(resources![greet]).describe()?;
/// let greet = &description.functions[0];
/// assert_eq!((greet.path, greet.doc), (Some("/greet/{name}"), "Greets whoever the path names."));
/// assert_eq!(greet.channels[0].subject, "kaa.v1.service.greeter.esp.ClientData");
/// # Ok::<(), kaa_ext::BuildError>(())
/// ```
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Description {
    /// The service instance name.
    pub instance: ServiceInstance,
    /// The identity of the replica; `None` when it makes one up at each start.
    pub replica: Option<ReplicaId>,
    /// The version of the service ([`Builder::version`](crate::Builder::version)).
    pub version: String,
    /// The communication service whose devices it answers.
    pub communication_service: ServiceInstance,
    /// The protocols in which devices ask.
    pub dialects: Vec<Dialect>,
    /// Whether it answers who looks for services on NATS ([`Builder::discovery`](crate::Builder::discovery)).
    pub discovery: bool,
    /// Resources, listeners and services, in this order.
    pub functions: Vec<Function>,
    /// The JSON Schemas that the payloads of the functions refer to, by name.
    pub schemas: Map<String, Value>,
    /// The servers it connects to, without credentials.
    pub servers: Vec<String>,
    /// What it says and hears on NATS. A service that says more than its extension adds that.
    #[serde(skip)]
    pub permissions: Permissions,
}
