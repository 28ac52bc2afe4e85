//! Every record of the catalogue: against apache-avro, and against everything that can go wrong.
//!
//! Nothing here knows the records. Values are made from the schemas they print, so a record that
//! joins the catalogue is proven with the others.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod oracle;
mod values;

mod agreement;
mod ends;
mod golden;
mod headers;
mod memory;
mod pairs;

use kaa_protocol::catalog::RecordInfo;

/// How a failed assertion names a record.
fn label(info: &RecordInfo) -> String {
    match info.revision {
        Some(revision) => format!("{} {} ({revision})", info.protocol, info.name),
        None => format!("{} {}", info.protocol, info.name),
    }
}
