use kaa_ext::prelude::*;

#[resource("/config")]
async fn config() -> () {}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![config]);
}
