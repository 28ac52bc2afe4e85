use kaa_ext::prelude::*;

#[resource("/config/{config_name}")]
async fn config(endpoint: EndpointId) -> () {
    drop(endpoint);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
