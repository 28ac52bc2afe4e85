//! Serves dcx until it is told to stop, or prints its permissions (`dcx permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), dcx::permissions, dcx::start).await?;
    Ok(())
}
