use kaa_ext::prelude::*;

async fn config() -> () {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
