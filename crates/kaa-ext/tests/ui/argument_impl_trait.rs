use kaa_ext::prelude::*;

#[resource("/config")]
async fn config(name: impl ToString) -> String {
    name.to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
