//! Serves epts until it is told to stop, or prints what it is (`epts permissions`, `epts asyncapi`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(epts::describe, epts::start).await?;
    Ok(())
}
