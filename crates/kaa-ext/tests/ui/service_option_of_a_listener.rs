use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};

#[service(delivery = every_replica)]
async fn config(_: Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
    Err(Failure::not_found("no configuration"))
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
