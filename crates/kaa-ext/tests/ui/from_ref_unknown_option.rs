use kaa_ext::prelude::*;

#[derive(FromRef)]
struct App {
    #[from_ref(ignore)]
    store: String,
}

fn main() {
    let _ = App { store: String::new() };
}
