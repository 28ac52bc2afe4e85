//! The development console on the admin port, where the program was built with it.

use kaa_bus::{NatsOptions, Permissions};
use kaa_process::admin::{Admin, AdminConfig};

#[cfg(feature = "console")]
pub(crate) fn permit(permissions: &mut Permissions) {
    kaa_console::Console::permit(permissions);
}

/// With the console, if the configuration wants one. It has a connection of its own, and only while somebody watches:
/// what comes in by it is not for the extension.
#[cfg(feature = "console")]
pub(crate) fn mounted(admin: Admin, config: &AdminConfig, nats: &NatsOptions) -> Admin {
    if !config.console {
        return admin;
    }
    let nats = nats.clone();
    let console = kaa_console::Console::connecting(move || {
        let nats = nats.clone().name("kaa console");
        async move { Ok(kaa_bus::Bus::nats(nats).await?) }
    });
    console.mount(admin)
}

#[cfg(not(feature = "console"))]
pub(crate) fn permit(_: &mut Permissions) {}

#[cfg(not(feature = "console"))]
pub(crate) fn mounted(admin: Admin, config: &AdminConfig, _: &NatsOptions) -> Admin {
    if config.console {
        tracing::warn!(
            "there is no console: this program was built without the feature `console` of kaa-ext"
        );
    }
    admin
}
