use kaa_ext::prelude::*;

use std::sync::Arc;

struct Store;

#[derive(FromRef)]
struct App {
    name: String,
}

#[resource("/config", state = App)]
async fn config(State(_store): State<Arc<Store>>) -> () {}

fn main() {
    let app = App { name: String::new() };
    let _ = Extension::new("cmx").state(app).resources(resources![config]);
}
