use kaa_ext::prelude::*;

#[resource("/config/{name}")]
async fn config(name: &str) -> String {
    name.to_owned()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
