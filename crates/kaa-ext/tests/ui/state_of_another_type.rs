use kaa_ext::prelude::*;

struct App;

#[resource("/config", state = App)]
async fn config() -> () {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
