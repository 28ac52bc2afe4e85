//! The configuration of the programs, as an operator meets it: what holds over what, what is said about a mistake,
//! and what is never said.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod book;
mod mistakes;
mod programs;
mod run;
mod secrets;
mod shown;
