use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigRequest;

#[service]
async fn config(Targeted(request): Targeted<ConfigRequest>) {
    println!("{}", request.endpoint_id);
}

fn main() {
    let _ = Extension::new("cdp").services(services![config]);
}
