//! Serves dcx until it is told to stop, or prints its permissions (`dcx permissions`).

use kaa_ext::{RunError, program, run_shards};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run_shards(program!(), dcx::permissions, dcx::start).await?;
    Ok(())
}
