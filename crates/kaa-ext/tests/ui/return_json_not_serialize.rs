use kaa_ext::prelude::*;

struct Settings {
    depth: u8,
}

#[resource("/config")]
async fn config() -> Json<Settings> {
    Json(Settings { depth: 1 })
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
