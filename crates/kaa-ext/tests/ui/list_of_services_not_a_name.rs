use kaa_ext::prelude::*;

fn main() {
    let _ = Extension::new("cdp").services(services!["config"]);
}
