//! Serves epts until it is told to stop, or prints what it is (`epts permissions`, `epts asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), epts::describe, epts::start).await?;
    Ok(())
}
