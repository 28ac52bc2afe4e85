//! A SQLite file as a service holds it: one writer, durable before it is confirmed, written in groups.
//!
//! ```text
//!   write ──► queue, bounded ──► one thread: all that waits becomes one transaction, one fsync ──► confirmed
//!   read  ──► a connection of its own, on a thread that may block
//! ```
//!
//! Each write has its own savepoint within the transaction: one that fails takes back only itself.

mod database;
mod error;
mod writer;

pub use database::Database;
pub use error::SqliteError;
pub use rusqlite;
