use kaa_ext::prelude::*;

struct Handlers;

impl Handlers {
    #[resource("/config")]
    async fn config(&self) -> () {}
}

fn main() {
    let _ = Handlers.config();
}
