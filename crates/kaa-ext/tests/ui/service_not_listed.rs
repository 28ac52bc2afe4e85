#![deny(dead_code)]

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};

#[service]
async fn config(_: Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
    Err(Failure::not_found("no configuration"))
}

#[service]
async fn forgotten(_: Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
    Err(Failure::not_found("no configuration"))
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
