use kaa_ext::prelude::*;

struct Version(u32);

#[resource("/config/{version}")]
async fn config(version: Version) -> String {
    version.0.to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
