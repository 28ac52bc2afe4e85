use kaa_ext::prelude::*;

struct Config;

fn main() {
    let _ = Extension::new("cmx").resources(resources![Config]);
}
