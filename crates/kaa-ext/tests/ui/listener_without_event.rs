use kaa_ext::prelude::*;

#[listener]
async fn updated(endpoint: EndpointId) {
    println!("{endpoint}");
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
