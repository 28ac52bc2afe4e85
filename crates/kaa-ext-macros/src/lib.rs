//! wip
#![allow(dead_code)]
mod path;
