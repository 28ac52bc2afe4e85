use kaa_ext::prelude::*;

#[resource("/config[/{group}][/{name}]")]
async fn config(group: Option<String>, name: Option<String>) -> () {
    drop(group);
    drop(name);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
