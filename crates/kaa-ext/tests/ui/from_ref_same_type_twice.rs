use kaa_ext::prelude::*;

#[derive(FromRef)]
struct App {
    name: String,
    depth: u8,
    title: String,
}

fn main() {
    let _ = App { name: String::new(), depth: 1, title: String::new() };
}
