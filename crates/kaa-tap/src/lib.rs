//! What is on the bus, for somebody who looks at it: every message decoded, answers beside their requests.
//!
//! ```text
//! bus ──► Sources ──► Seen ──► Exchanges ──► Listener
//!         messages    decoded   which answer    what happened, of what is of interest
//!                               is to what
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`wire`] | records that are met by name: from a subject to what may be there, from a datum to named values, and back |
//! | `sources` | [`Sources`]: the subscriptions, and answers at inboxes that overtake their questions |
//! | `seen` | [`Seen`]: one message, as far as it can be understood |
//! | `exchange` | [`Exchanges`]: which answer belongs to which request, and what nobody has answered |
//! | `criteria` | [`Criteria`]: which messages are of interest |
//! | `listen` | [`Listener`]: all of it together |
//! | `questions` | [`Questions`]: what services say of themselves |
//! | [`call`] | the other way round: a request, as a communication service would send it |
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use std::time::Duration;
//!
//! use kaa_bus::Bus;
//! use kaa_tap::{Criteria, Happened, Listener};
//!
//! let bus = Bus::memory();
//! let mut listener = Listener::open(&bus, Criteria::default(), false, Duration::from_secs(10)).await?;
//! bus.publish("kaa.v1.service.dcx.esp.ClientData".parse()?, None, "no datum".into()).await?;
//! let Some(Happened::Message(seen)) = listener.next().await else { panic!("nothing was seen") };
//! assert_eq!((seen.place.service(), seen.decoded().is_none()), (Some("dcx"), true));
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

pub mod call;
mod criteria;
mod exchange;
mod listen;
mod questions;
mod seen;
mod sources;
pub mod wire;

pub use criteria::Criteria;
pub use exchange::{Answered, Exchanges, Open};
pub use listen::{Happened, Listener};
pub use questions::{Questions, Said, Verb};
pub use seen::{Seen, Status};
pub use sources::{Sources, Taken};
