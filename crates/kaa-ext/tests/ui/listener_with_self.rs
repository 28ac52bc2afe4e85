use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

struct App;

impl App {
    #[listener]
    async fn updated(&self, Event(event): Event<ConfigUpdated>) {
        println!("{}", event.endpoint_id);
    }
}

fn main() {
    let _ = App;
}
