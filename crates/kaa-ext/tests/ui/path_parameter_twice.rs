use kaa_ext::prelude::*;

#[resource("/config/{name}[/{name}]")]
async fn config(name: String) -> () {
    drop(name);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
