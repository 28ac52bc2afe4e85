use kaa_ext::prelude::*;

#[resource("/config")]
async fn config() -> u64 {
    7
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
