use kaa_ext::prelude::*;
use kaa_ext::protocol::elce::{ConnectedEvent, DisconnectedEvent};

#[listener]
async fn updated(Event(connected): Event<ConnectedEvent>, Event(gone): Event<DisconnectedEvent>) {
    println!("{} {}", connected.endpoints.len(), gone.endpoints.len());
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
