use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

#[listener]
async fn updated(event: Option<Event<ConfigUpdated>>) {
    println!("{}", event.is_some());
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
