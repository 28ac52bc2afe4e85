use kaa_ext::prelude::*;

use std::rc::Rc;

#[resource("/config")]
async fn config() -> String {
    let shared = Rc::new(1);
    std::future::ready(()).await;
    shared.to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
