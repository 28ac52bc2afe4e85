use kaa_ext::prelude::*;

#[resource("/config/{config_name}")]
async fn config(endpoint: EndpointId, confg_name: ConfigName) -> () {
    drop(endpoint);
    drop(confg_name);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
