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
//! | [`esp`] | 4/ESP, between a communication service and an extension |
//! | [`kp1`] | 1/KP topics and URL paths, between a device and the communication service |

pub mod avro;
pub mod esp;
pub mod kp1;
pub mod name;
pub mod subject;
