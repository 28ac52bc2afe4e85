use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};

struct NoConfig;

#[service]
async fn config(_: Targeted<ConfigRequest>) -> Result<ConfigResponse, NoConfig> {
    Err(NoConfig)
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
