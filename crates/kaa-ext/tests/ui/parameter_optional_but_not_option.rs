use kaa_ext::prelude::*;

#[resource("/config[/{config_name}]")]
async fn config(config_name: ConfigName) -> () {
    drop(config_name);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
