//! The communication service: devices in front, extension services behind.
//!
//! ```text
//!  device ──► listen ──► session ──┐                        ┌──► relay ──► bus ──► extensions
//!   MQTT      limits     mqtt      ├──► front: who, what? ──┤
//!   HTTP      TLS        http   ───┘    identity            └──◄ answers, pushes
//!                                       applications
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`listen`] | sockets: who may connect, how many, with TLS or without |
//! | [`mqtt`] | the packets of MQTT 3.1.1 and MQTT 5, as a server reads and writes them |
//! | [`session`] | one MQTT connection from CONNECT to its end, and all of them |
//! | [`http`] | 1/KP over HTTP, and the way to MQTT over WebSocket |
//! | [`front`] | what both ask before a request goes out |
//! | [`identity`] | who a client is, and whose token it uses |
//! | [`applications`] | which application versions there are, and which extensions they may use |
//! | [`limits`] | every bound, in one place |
//! | [`options`] | what is wrong with the wishes of an operator |
//! | [`relay`] | the side that extensions see: requests out, answers and pushes back, presence |
//! | [`kpc`] | all of it put together: [`Kpc`] |
//! | [`config`] | what an operator can set |

pub mod applications;
pub mod config;
pub mod front;
pub mod http;
pub mod identity;
pub mod kpc;
pub mod limits;
pub mod listen;
pub mod mqtt;
pub mod options;
pub mod relay;
pub mod session;

mod counters;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/communication-service.md")]
mod book {}

pub use kpc::{Kpc, KpcOptions, ListenerOptions, StartError, Transport};
