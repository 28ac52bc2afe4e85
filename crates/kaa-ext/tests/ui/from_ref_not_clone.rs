use kaa_ext::prelude::*;

struct Store;

#[derive(FromRef)]
struct App {
    store: Store,
}

fn main() {
    let _ = App { store: Store };
}
