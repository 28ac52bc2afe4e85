//! Serves dcx until it is told to stop, or prints its permissions (`dcx permissions`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(dcx::permissions, dcx::start).await?;
    Ok(())
}
