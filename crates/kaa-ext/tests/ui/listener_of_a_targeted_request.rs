use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigRequest;

#[listener]
async fn updated(Targeted(request): Targeted<ConfigRequest>) {
    println!("{}", request.endpoint_id);
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
