//! What the code that `#[derive(Settings)]` writes names. Not for people: no promise is made about it.

pub use crate::config::private::{Entry, Of, Otherwise, Settings};
