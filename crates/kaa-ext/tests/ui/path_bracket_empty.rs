use kaa_ext::prelude::*;

#[resource("/config/json[]")]
async fn config() -> () {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
