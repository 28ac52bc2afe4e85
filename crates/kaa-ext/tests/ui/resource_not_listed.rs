#![deny(dead_code)]

use kaa_ext::prelude::*;

#[resource("/config")]
async fn config() -> () {}

#[resource("/applied")]
async fn applied() -> () {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
