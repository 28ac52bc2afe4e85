use kaa_ext::prelude::*;

#[resource("/config")]
async fn config() -> Result<u64, Failure> {
    Ok(7)
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
