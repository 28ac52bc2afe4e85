use kaa_ext::prelude::*;

struct Settings {
    depth: u8,
}

#[resource("/config")]
async fn config(Json(settings): Json<Settings>) -> String {
    settings.depth.to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
