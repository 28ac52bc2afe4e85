use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

#[listener(delivery = all_replicas)]
async fn updated(Event(event): Event<ConfigUpdated>) {
    println!("{}", event.endpoint_id);
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
