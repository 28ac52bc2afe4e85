//! What an extension does, shown by devices that talk to it in the process.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod building;
mod describing;
mod layers;
mod listeners;
mod overload;
mod permissions;
mod readme;
mod requests;
mod services;
mod sessions;
mod shutdown;

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_ext::{Builder, ResourceDef};

type Defs<S> = Vec<ResourceDef<S>>;

/// An extension called `ext` with these resources and no state.
fn extension(resources: Defs<()>) -> Builder<()> {
    Extension::new("ext").replica("ext-0").resources(resources)
}

async fn start(builder: Builder<()>) -> TestKaa {
    TestKaa::start(builder.build().unwrap()).await
}
