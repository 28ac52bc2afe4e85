//! Serves cmx until it is told to stop, or prints its permissions (`cmx permissions`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(cmx::permissions, cmx::start).await?;
    Ok(())
}
