//! A SQLite file as a service holds it: one writer, durable before it is confirmed, written in groups.
//!
//! ```text
//!   write ──► queue, bounded ──► one thread: all that waits becomes one transaction, one fsync ──► confirmed
//!   read  ──► one of a few connections of their own, on a thread that may block
//! ```
//!
//! Each write has its own savepoint within the transaction: one that fails takes back only itself.
//!
//! | module | what lives there |
//! |---|---|
//! | `database` | [`Database`]: open, write, read, close |
//! | `migrations` | a file is made durable and brought up to date |
//! | `writer` | the queue and its thread |
//! | `group` | many writes, one transaction |
//! | `job` | one write in its savepoint, and its answer |
//! | `readers` | the connections that read |
//! | `error` | [`SqliteError`] |

mod database;
mod error;
mod group;
mod job;
mod migrations;
mod readers;
#[cfg(test)]
mod tests;
mod writer;

pub use database::Database;
pub use error::SqliteError;
pub use rusqlite;
