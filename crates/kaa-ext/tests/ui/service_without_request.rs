use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigResponse;

#[service]
async fn config(_: EndpointId) -> Result<ConfigResponse, Failure> {
    Err(Failure::not_found("no configuration"))
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
