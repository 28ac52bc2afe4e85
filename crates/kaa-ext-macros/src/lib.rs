//! wip
#![allow(dead_code)]
mod arguments;
mod attribute;
mod function;
mod path;
mod similar;
mod validate;
