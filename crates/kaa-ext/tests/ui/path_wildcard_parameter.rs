use kaa_ext::prelude::*;

#[resource("/config/{*rest}")]
async fn config(rest: String) -> () {
    drop(rest);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
