use kaa_ext::prelude::*;

#[resource("/config")]
struct Config;

fn main() {
    let _ = Config;
}
