use kaa_ext::prelude::*;

#[listener]
struct Updated;

fn main() {
    let _ = Updated;
}
