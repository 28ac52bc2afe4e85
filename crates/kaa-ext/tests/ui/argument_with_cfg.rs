use kaa_ext::prelude::*;

#[resource("/config")]
async fn config(#[cfg(unix)] endpoint: EndpointId) -> () {
    drop(endpoint);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
