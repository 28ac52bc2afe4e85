use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigRequest;
use kaa_ext::protocol::ecap::EndpointTokenValidationResponse;

#[service]
async fn config(_: Targeted<ConfigRequest>) -> Result<EndpointTokenValidationResponse, Failure> {
    Err(Failure::not_found("no configuration"))
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
