use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigUpdated;

struct App;
struct Tenant;

impl FromRequest<App> for Tenant {
    type Rejection = Failure;

    async fn from_request(_: &Request, _: &App) -> Result<Self, Failure> {
        Ok(Tenant)
    }
}

#[listener]
async fn updated(_: Event<ConfigUpdated>, _: Tenant) {}

fn main() {
    let _ = Extension::new("cmx").state(App).listeners(listeners![updated]);
}
