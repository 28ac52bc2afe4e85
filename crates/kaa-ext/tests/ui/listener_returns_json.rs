use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

#[listener]
async fn updated(Event(event): Event<ConfigUpdated>) -> Json<usize> {
    Json(event.endpoint_id.len())
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
