use kaa_ext::prelude::*;

#[resource("/config?format=json")]
async fn config() -> () {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
