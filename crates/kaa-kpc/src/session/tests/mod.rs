//! Whole connections, packet by packet: what is sent, and the exact bytes that come back.

mod acknowledging;
mod any_order;
mod closing;
mod connecting;
mod delivering;
mod foreign_clients;
mod limits;
mod small;
mod subscribing;
mod taking_over;
pub(in crate::session) mod world;
