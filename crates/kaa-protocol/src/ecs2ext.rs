//! 4/ECS2EXT: the predecessor of [`esp`](crate::esp), as the first platform spoke it.
//!
//! ```text
//! ECS ── EcsToExtensionInboundMessage ────► kaa.v1.service.<extension>[.<replica>]
//!     ◄─ EcsToExtensionOutboundMessage ─── its replyTo, else kaa.v1.service.<ecs>
//! ```
//!
//! The endpoint communication service (ECS) is the communication service of today. What differs from
//! 4/ESP: the subjects name no protocol, there are no request IDs, and how a message went is said by
//! the text in `status`. A message with a status and no payload is a *status message*
//! ([`is_status`](EcsToExtensionInboundMessage::is_status)): it confirms that another one arrived, in
//! either direction.

mod inbound;
mod outbound;
mod status;

pub use inbound::EcsToExtensionInboundMessage;
pub use outbound::EcsToExtensionOutboundMessage;
pub use status::{OK, status_code, status_text};

/// The one revision of these records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Revision {
    /// As published.
    #[default]
    Seed,
}
