use kaa_ext::prelude::*;

#[resource("/config")]
async extern "C" fn config() -> () {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
