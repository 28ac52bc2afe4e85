use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

#[resource("/updated")]
async fn updated(Event(event): Event<ConfigUpdated>) -> String {
    event.endpoint_id.to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![updated]);
}
