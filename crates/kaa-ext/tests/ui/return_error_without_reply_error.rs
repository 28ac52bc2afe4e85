use kaa_ext::prelude::*;

struct ConfigError;

#[resource("/config")]
async fn config() -> Result<String, ConfigError> {
    Err(ConfigError)
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
