use kaa_ext::prelude::*;

struct Updated {
    depth: u8,
}

#[listener]
async fn updated(Event(event): Event<Updated>) {
    println!("{}", event.depth);
}

fn main() {
    let _ = Extension::new("cmx").listeners(listeners![updated]);
}
