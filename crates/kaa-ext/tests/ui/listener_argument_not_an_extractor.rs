use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

struct Settings {
    depth: u8,
}

#[listener]
async fn updated(Event(event): Event<ConfigUpdated>, settings: Settings) {
    println!("{}: {}", event.endpoint_id, settings.depth);
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
