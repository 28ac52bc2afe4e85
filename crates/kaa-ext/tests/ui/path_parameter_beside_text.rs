use kaa_ext::prelude::*;

#[resource("/config/v{version}")]
async fn config(version: u32) -> () {
    drop(version);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
