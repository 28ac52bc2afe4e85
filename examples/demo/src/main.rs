//! A whole little platform in one process.

fn main() {}
