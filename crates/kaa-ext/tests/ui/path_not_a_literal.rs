use kaa_ext::prelude::*;

const PATH: &str = "/config";

#[resource(PATH)]
async fn config() -> () {}

fn main() {
    let _: &str = PATH;
    let _ = Extension::new("cmx").resources(resources![config]);
}
