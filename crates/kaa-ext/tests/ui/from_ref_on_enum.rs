use kaa_ext::prelude::*;

#[derive(FromRef)]
enum App {
    Only,
}

fn main() {
    let _ = App::Only;
}
