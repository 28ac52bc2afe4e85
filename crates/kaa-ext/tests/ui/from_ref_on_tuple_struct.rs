use kaa_ext::prelude::*;

#[derive(FromRef)]
struct App(String);

fn main() {
    let _ = App(String::new());
}
