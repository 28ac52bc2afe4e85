use kaa_ext::prelude::*;

#[derive(FromRef)]
struct App<T> {
    store: T,
}

fn main() {
    let _ = App { store: 1 };
}
