//! What the tests across crates share: real servers and what belongs to them.
//!
//! | module | what it gives |
//! |---|---|
//! | [`askers`] | services that ask without pause |
//! | [`avro`] | the codec of a peer that is not ours |
//! | [`cable`] | a network that can be cut |
//! | [`chaos`] | the platform with processes that are killed and frozen |
//! | [`clients`] | clients that other people wrote |
//! | [`device`] | devices on rumqttc and curl |
//! | [`draws`] | choices that a seed decides |
//! | [`echo`] | an extension that gives back what it gets |
//! | [`flood`] | a publisher that does not stop |
//! | [`http`] | calls over HTTP |
//! | [`kpc`] | `kaa-kpc` as a process |
//! | [`lifeline`] | a connection that can be cut |
//! | [`load`] | devices that send batches |
//! | [`measured`] | child processes and what they cost |
//! | [`nats_server`] | a nats-server of one's own, to be killed, stopped and restarted |
//! | [`nats_cluster`] | three of them that are one |
//! | [`nats_jwt`] | an operator, an account and a user of it, made offline |
//! | [`nats_tls`] | a certificate authority, a server and a client it trusts |
//! | [`open_loop`] | requests at a rate |
//! | [`patience`] | waiting for an event, but not for ever |
//! | [`port`] | a port that is free |
//! | [`postgres`] | a PostgreSQL server of one's own, to be killed and restarted |
//! | [`program`] | the programs of the workspace, freshly built |
//! | [`rolling`] | replicas that are replaced under load |
//! | [`service`] | extensions and `kaa` as processes |
//! | [`store`] | the database of samples, read from behind |
//! | [`users`] | the users of a nats-server, with the permissions that their programs print |
//! | [`venue`] | one scenario on both buses |
//! | [`world`] | the services together |
//!
//! The tests themselves are in `tests/`, one file per subject.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a fixture that fails has to fail the test that uses it"
)]

pub mod askers;
pub mod avro;
pub mod cable;
pub mod chaos;
pub mod clients;
pub mod device;
pub mod draws;
pub mod echo;
pub mod flood;
pub mod http;
pub mod kpc;
pub mod lifeline;
pub mod load;
pub mod nats_cluster;
pub mod nats_jwt;
pub mod nats_server;
pub mod nats_tls;
pub mod open_loop;
pub mod patience;
pub mod port;
pub mod postgres;
pub mod program;
pub mod rolling;
pub mod service;
pub mod store;
pub mod users;
pub mod venue;
pub mod world;

pub use kaa_measured as measured;
