use kaa_ext::prelude::*;

#[resource("/config")]
async fn config<'a>(Json(names): Json<Vec<std::borrow::Cow<'a, str>>>) -> () {
    drop(names);
}

fn main() {
    let _ = Extension::new("cmx").resources(resources![config]);
}
