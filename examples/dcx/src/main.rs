//! Serves dcx until it is told to stop, or prints what it is (`dcx permissions`, `dcx asyncapi`).

use kaa_ext::{RunError, program, run_shards};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run_shards(program!(), dcx::describe, dcx::start).await?;
    Ok(())
}
