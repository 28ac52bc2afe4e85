//! Serves the quickstart extension: on NATS when `NATS_URLS` is set, otherwise in this process,
//! for a scripted device.

mod conversation;

use std::error::Error;

use kaa_ext::{Config, program};
use quickstart::{App, extension};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = App::default();
    app.configurations.assign(None, json!({ "sampling": 200 })).await?;
    // One with an argument is asked for something, or told more of its configuration.
    if Config::load()?.nats.urls.is_empty() && std::env::args_os().len() == 1 {
        conversation::play(app).await?;
    } else {
        extension(app).run_as(program!()).await?;
    }
    Ok(())
}
