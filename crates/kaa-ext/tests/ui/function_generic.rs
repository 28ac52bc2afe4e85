use kaa_ext::prelude::*;

#[resource("/config")]
async fn config<T: Send>(Json(settings): Json<T>) -> () {
    drop(settings);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
