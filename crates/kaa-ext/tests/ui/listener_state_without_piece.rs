use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

#[derive(FromRef)]
struct App {
    greeting: String,
}

#[listener]
async fn updated(Event(event): Event<ConfigUpdated>, State(depth): State<u8>) {
    println!("{} {depth}", event.endpoint_id);
}

fn main() {
    let app = App { greeting: "hello".to_owned() };
    let _ = Extension::new("cmx").state(app).listeners(listeners![updated]);
}
