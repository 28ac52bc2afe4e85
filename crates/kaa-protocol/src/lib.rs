//! The Kaa protocols as Rust types: no async, no I/O, nothing but the wire.
//!
//! ```text
//! device ── kp1: paths ──► communication service ── esp: ClientData ─────► extension service
//!                                                ◄─ esp: ExtensionData ──
//!                                                    subject: where it goes
//!                                                    avro: its bytes
//! ```
//!
//! | module | what it speaks |
//! |---|---|
//! | [`name`] | the names that appear on the wire, each parsed once and trusted afterwards |
//! | [`subject`] | 3/ISM subjects and return addresses |
//! | [`avro`] | Avro datums: records with one definition each, read in every revision |
//! | [`ism`] | 3/ISM: what all messages between services have in common |
//! | [`esp`], [`ecs2ext`] | 4/ESP and its predecessor, between a communication service and an extension |
//! | [`dialect`] | which of the two, and its subjects |
//! | [`cdtp`], [`cmx2cdp`] | 6/CDTP and its predecessor, configurations and their providers |
//! | [`elce`] | 9/ELCE, endpoints come and go |
//! | [`cip`] | 12/CIP, commands on their way to an endpoint |
//! | [`dstp`], [`tstp`] | 13/DSTP and 14/TSTP, samples and time series on their way to a store |
//! | [`eme`] | 15/EME, metadata that changed |
//! | [`ecap`], [`cap`] | 16/ECAP and 22/CAP, tokens and credentials |
//! | [`catalog`] | all records as data |
//! | [`kp1`] | 1/KP topics and URL paths, between a device and the communication service; its errors |
//! | [`json`] | what the JSON payloads of devices have in common |
//! | [`dcp`] | 2/DCP, data samples of a device |
//! | [`cmp`] | 7/CMP, the configuration of a device |
//! | [`epmp`] | 10/EPMP, the metadata of a device |
//! | [`cep`] | 11/CEP, commands to a device |

pub mod avro;
pub mod cap;
pub mod catalog;
pub mod cdtp;
pub mod cep;
pub mod cip;
pub mod cmp;
pub mod cmx2cdp;
pub mod dcp;
pub mod dialect;
pub mod dstp;
pub mod ecap;
pub mod ecs2ext;
pub mod elce;
pub mod eme;
pub mod epmp;
pub mod esp;
pub mod ism;
pub mod json;
pub mod kp1;
pub mod name;
pub mod subject;
pub mod tstp;

pub use bytes::Bytes;
pub use bytestring::ByteString;
