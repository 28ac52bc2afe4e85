use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigResponse, ConfigUpdated};

#[service]
async fn config(_: Event<ConfigUpdated>) -> Result<ConfigResponse, Failure> {
    Err(Failure::not_found("no configuration"))
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
