use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

struct Full;

#[listener]
async fn updated(Event(event): Event<ConfigUpdated>) -> Result<(), Full> {
    if event.endpoint_id.is_empty() { Err(Full) } else { Ok(()) }
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
