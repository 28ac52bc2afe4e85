//! wip
#![allow(dead_code)]
mod attribute;
mod function;
mod path;
mod similar;
