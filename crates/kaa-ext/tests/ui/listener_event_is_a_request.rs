use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigRequest;

#[listener]
async fn updated(Event(request): Event<ConfigRequest>) {
    println!("{}", request.endpoint_id);
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
