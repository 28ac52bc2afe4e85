use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};

#[service]
async fn config(_: Targeted<ConfigRequest>) -> ConfigResponse {
    ConfigResponse::default()
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
