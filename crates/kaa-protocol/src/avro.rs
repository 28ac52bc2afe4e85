//! Avro datums: the bytes of every 3/ISM message.
//!
//! A payload on the bus is one raw binary datum: no container, no header, no fingerprint, no mark of
//! the schema that wrote it. Reading has to be tolerant by construction, which is why this codec
//! exists beside the general ones: it knows the revisions of a record, reads all of them, and does
//! it without an allocation.
//!
//! ```text
//! record! { … }      one definition of a record: docs, fields, wire names, Avro types, defaults
//!    ├── struct      borrowed from the datum (&str, &[u8]), or sharing its buffer
//!    ├── schema      the text another implementation is given
//!    ├── reader      Reader ─► fields, each length and number checked against what is there
//!    └── writer      size pass ─► one allocation ─► Writer
//! ```
//!
//! Decoding keeps these promises, whatever the bytes are:
//!
//! - it never panics, and no length reserves memory: nothing is allocated, except that an array in
//!   several blocks is copied into one;
//! - every strict prefix of a record is an error. The one exception is written in the record's
//!   definition: a field that a later revision appended may be missing altogether;
//! - bytes after the last known field are counted, not hidden ([`Decoded::trailing`]): a newer peer
//!   may have appended a field, or somebody sends something else.
//!
//! There are two kinds of records. An envelope is opened where it arrives and taken apart: its values
//! are borrowed, and whoever wants to keep one gets it without a copy. All others are messages that a
//! handler holds and keeps: their values (`ByteString`, `Bytes`, [`Array`], [`Map`]) share the buffer of
//! the datum.
//!
//! ```
//! # use bytes::Bytes;
//! # use kaa_protocol::avro::Record;
//! # use kaa_protocol::esp::{ClientData, Revision};
//! # let message = ClientData { payload: b"21.5", ..ClientData::default() };
//! # let datum: Bytes = message.encode(Revision::Seed)?;
//! let data = ClientData::decode(&datum)?.record;
//! let payload: Bytes = datum.slice_ref(data.payload);
//! assert_eq!(payload, "21.5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod error;
mod map;
mod reader;
mod record;
mod schema;
mod types;
mod writer;

pub use array::{Array, Items};
pub use error::{DecodeError, EncodeError, Fault, Problem};
pub use map::Map;
pub use reader::Reader;
pub use record::{Decoded, Record};
pub use types::{Binary, OrNull, Text, Type};
pub use writer::Writer;

pub(crate) use record::record;
pub(crate) use schema::{FieldSchema, RecordSchema};
pub(crate) use types::{Field, NullOr};
