use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

#[listener]
async fn updated(_: Event<ConfigUpdated>) {}

fn main() {
    let _ = Extension::new("cmx").resources(resources![updated]);
}
