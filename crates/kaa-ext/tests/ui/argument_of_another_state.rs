use kaa_ext::prelude::*;

struct App;
struct Tenant;

impl FromRequest<App> for Tenant {
    type Rejection = Failure;

    async fn from_request(_: &Request, _: &App) -> Result<Self, Failure> {
        Ok(Tenant)
    }
}

#[resource("/config")]
async fn config(_: Tenant) -> () {}

fn main() {
    let _ = Extension::new("cmx").state(App).resources(resources![config]);
}
