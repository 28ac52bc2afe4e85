use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigRequest;

#[resource("/config")]
async fn config(Targeted(request): Targeted<ConfigRequest>) -> String {
    request.endpoint_id.to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
