use kaa_ext::prelude::*;

struct Version(u32);

#[resource("/config[/{version}]")]
async fn config(version: Option<Version>) -> String {
    version.map_or(0, |version| version.0).to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
