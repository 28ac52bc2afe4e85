use kaa_ext::prelude::*;

#[resource("/config")]
async fn config(session: Option<Session>) -> String {
    session.is_some().to_string()
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
