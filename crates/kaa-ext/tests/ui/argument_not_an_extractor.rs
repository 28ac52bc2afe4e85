use kaa_ext::prelude::*;

struct Settings {
    depth: u8,
}

#[resource("/config")]
async fn config(endpoint: EndpointId, settings: Settings) -> String {
    format!("{endpoint}: {}", settings.depth)
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
