//! 3/ISM messaging: on NATS, or inside the process.
//!
//! ```text
//!   publish ──► Link: connected? ──► Backend ──► nats-server (or the router in the process)
//!   request ──►   slot in the inbox ─┘                 │
//!                                                      ▼
//!   Subscription ◄── Mailbox: bounded, counts what it drops ◄── Pump (or the router itself)
//!        request ◄── Answers: one slot per waiting request  ◄──┘
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `bus` | [`Bus`]: what a service calls |
//! | `subscription` | [`Subscription`]: what it reads |
//! | `message`, `raw_subject` | [`Message`]; the [subject](RawSubject) it came with |
//! | [`trace`] | the trace a message belongs to |
//! | `shared`, `backend` | what clones share; the two ways to carry messages |
//! | `link`, `stats` | the state of the connection, and what happened on it |
//! | `mailbox` | the bounded queue of a subscription |
//! | `inbox` | which answer belongs to which request |
//! | `messaging` | [`Messaging`]: events and requests with types |
//! | [`micro`] | the service API of NATS: questions, answers, names |
//! | `clock` | the time that goes over the wire |
//! | `memory` | the bus inside the process |
//! | [`faults`] | what goes wrong on it, drawn from a seed |
//! | `nats` | the bus on NATS, the only place that speaks to async-nats |
//! | `permissions` | [`Permissions`]: what a service may do on NATS, as its server wants to be told |
//! | `forbidden`, `denials` | what the server did not let it do |
//! | `kv` | key-value buckets that replicas share (feature `kv`) |
//! | `random` | a few random bits |
//! | `planted` | bugs on request, to test the simulation |
//! | `deadline` | waiting, but not for ever |
//! | `error` | what can go wrong |
//!
//! Both ways keep one contract, and one test suite runs against both: subjects and wildcards, queue
//! groups, the no-responders notice, deadlines, refusal while the server is away, bounded queues,
//! order per publisher, a drain that loses nothing.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use kaa_bus::{Bus, ServiceInstance, Subject, SubjectFilter};
//!
//! let bus = Bus::memory();
//! let group = ServiceInstance::from_static("doubler");
//! let mut work = bus.subscribe("double".parse::<SubjectFilter>()?, Some(&group)).await?;
//! tokio::spawn({
//!     let bus = bus.clone();
//!     async move {
//!         while let Some(message) = work.next().await {
//!             let Some(reply_to) = message.reply_to.and_then(|raw| Subject::try_from(raw).ok()) else {
//!                 continue;
//!             };
//!             let _ = bus.publish(reply_to, None, [&message.payload[..]; 2].concat().into()).await;
//!         }
//!     }
//! });
//!
//! let answer = bus.request("double".parse()?, "ab".into(), Duration::from_secs(1)).await?;
//! assert_eq!(answer.payload, "abab");
//! # Ok(()) }
//! ```

mod backend;
mod bus;
mod clock;
mod deadline;
mod denials;
mod error;
mod forbidden;
mod inbox;
#[cfg(feature = "kv")]
pub mod kv;
mod link;
mod mailbox;
mod memory;
mod message;
mod messaging;
pub mod micro;
mod nats;
mod permissions;
#[doc(hidden)]
pub mod planted;
mod random;
mod raw_subject;
mod shared;
mod stats;
mod subscription;
pub mod trace;

pub use bus::{Bus, Expecting};
pub use clock::Clock;
pub use denials::ForbiddenPublishes;
pub use error::{CloseError, DrainError, EventError, FenceError, PublishError, RequestError, SubscribeError};
pub use forbidden::Forbidden;
pub use kaa_protocol::name::ServiceInstance;
pub use kaa_protocol::subject::{Subject, SubjectFilter};
pub use link::Connection;
pub use mailbox::{Backlog, Overflow, SubscriptionLimit};
#[cfg(feature = "listen")]
pub use memory::Listening;
pub use memory::{MemoryServer, faults};
pub use message::{Message, NoResponders};
pub use messaging::{Adopted, Context, Delivery, Events, Gathered, Messaging};
pub use nats::{ConnectError, NatsOptions, NatsServerInfo, ServerUrlError};
pub use permissions::Permissions;
pub use raw_subject::RawSubject;
pub use stats::BusStats;
pub use subscription::Subscription;
