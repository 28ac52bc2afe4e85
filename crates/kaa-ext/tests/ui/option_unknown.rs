use kaa_ext::prelude::*;

#[resource("/config", method = "GET")]
async fn config() -> () {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
